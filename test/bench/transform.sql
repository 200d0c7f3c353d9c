-- What the app's preparation does, for DuckDB: the address rule, the first valid row of each address, the same three columns.
-- Rows are numbered by the digits of CustomerId, which ascend in these files: row_number() over all files would keep DuckDB
-- from using its second thread, and take about half as long again.
COPY (
  SELECT email, arg_min(first_name, place) AS first_name, arg_min(last_name, place) AS last_name
  FROM (
    SELECT
      substr(CustomerId, 9)::INTEGER AS place,
      lower(trim(EMail)) AS email,
      coalesce(FirstName, '') AS first_name,
      coalesce(LastName, '') AS last_name
    FROM read_csv(
      $shards,
      columns = {
        CustomerId: 'VARCHAR', Salutation: 'VARCHAR', FirstName: 'VARCHAR', LastName: 'VARCHAR', EMail: 'VARCHAR',
        Phone: 'VARCHAR', Street: 'VARCHAR', PostalCode: 'VARCHAR', City: 'VARCHAR', Country: 'VARCHAR',
        Birthday: 'VARCHAR', LastPurchase: 'VARCHAR', LifetimeValue: 'VARCHAR', Interests: 'VARCHAR', Notes: 'VARCHAR'
      },
      auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', new_line = '\n'
    )
  )
  WHERE length(email) <= 80
    AND regexp_full_match(
      email,
      '[^@\s\x00-\x1f\x7f,()<>\[\]{}]+@[^@\s\x00-\x1f\x7f,()<>\[\]{}.]+(\.[^@\s\x00-\x1f\x7f,()<>\[\]{}.]+)+'
    )
  GROUP BY email
) TO $output (FORMAT csv, HEADER true);
