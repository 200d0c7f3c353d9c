-- What the app's preparation does, for DuckDB: the address rule, the first valid row of each address, the same three columns.
SET preserve_insertion_order = true;
COPY (
  WITH profiles AS (
    SELECT row_number() OVER () AS place, lower(trim(EMail)) AS email, FirstName, LastName
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
  SELECT email, arg_min(coalesce(FirstName, ''), place) AS first_name, arg_min(coalesce(LastName, ''), place) AS last_name
  FROM profiles
  WHERE length(email) <= 80
    AND regexp_full_match(
      email,
      '[^@\s\pZ\pC,()<>\[\]{}]+@[^@\s\pZ\pC,()<>\[\]{}.]+(\.[^@\s\pZ\pC,()<>\[\]{}.]+)+'
    )
  GROUP BY email
) TO $output (FORMAT csv, HEADER true);
