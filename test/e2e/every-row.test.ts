// Every row is accounted for, and the list holds exactly the right people: random segments through the whole app, judged by a second,
// plain implementation of the rules that shares no line with the app's.
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { connectionId, containerUrl, startAppInMemory, type AppInMemory } from '../support/app-in-memory';

const optional = [
  'FirstName',
  'LastName',
  'City',
  'Company',
  'Tier',
  'BirthDay',
  'BirthMonth',
  'Since',
] as const;
const fieldOf = {
  FirstName: 'first_name',
  LastName: 'last_name',
  City: 'city',
  Company: 'company_name',
  Tier: 'cf:tier',
  BirthDay: 'birthday_day',
  BirthMonth: 'birthday_month',
  Since: 'anniversary',
} as const;
type Column = (typeof optional)[number];

interface Row {
  readonly address: string;
  readonly values: Readonly<Partial<Record<Column, string>>>;
  /** A row with one field too many. */
  readonly tooWide: boolean;
}
interface Shard {
  readonly rows: readonly Row[];
  readonly gzip: boolean;
  readonly lineEnd: '\n' | '\r\n';
  readonly header: boolean;
}
interface Segment {
  readonly shards: readonly Shard[];
  /** Which of the optional columns it has, in the order of its files. */
  readonly columns: readonly Column[];
}
interface Case {
  readonly segments: readonly Segment[];
  readonly mapped: readonly Column[];
  readonly unsubscribed: readonly string[];
}

const people = Array.from({ length: 200 }, (_, index) => `person${index}@example.com`);

const address = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...people) },
  { weight: 2, arbitrary: fc.constantFrom(...people).map((one) => `  ${one.toUpperCase()} `) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '',
      '   ',
      'no-at-sign.example.com',
      'two@at@example.com',
      'a b@example.com',
      'a,b@example.com',
      'a(b)@example.com',
      'nodot@example',
      `${'x'.repeat(80)}@example.com`,
      'bell\u0007@example.com',
    ),
  },
);
const value = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      'Ann',
      'Bob',
      'O"Brien',
      'Smith, Jr.',
      '=1+1',
      '  padded  ',
      'two\nlines',
      'tab\there',
    ),
  },
  {
    weight: 2,
    arbitrary: fc.string({ unit: 'grapheme', maxLength: 8 }).map((text) => text.replaceAll('\u0000', '')),
  },
  { weight: 1, arbitrary: fc.constantFrom('e\u0301te\u0301', 'x'.repeat(70), '\u{1F600}'.repeat(60)) },
);
/** Constant Contact checks dates, and refuses the whole contact for one that it does not take. */
const date = fc
  .record({
    year: fc.constantFrom('1900', '1971', '2000', '0000', '71'),
    month: fc.constantFrom('2', '02', '9', '09', '12', '13', '0', '00'),
    day: fc.constantFrom('1', '01', '28', '29', '30', '31', '0', '32'),
    separator: fc.constantFrom('-', '/', '.'),
    yearFirst: fc.boolean(),
  })
  .map(({ year, month, day, separator, yearFirst }) =>
    (yearFirst ? [year, month, day] : [month, day, year]).join(separator),
  );
const timestamp = fc
  .tuple(
    fc.constantFrom('1971-09-29', '1972-02-29', '1971-02-29', '1971-13-01', '1999-12-31', '0000-01-01'),
    fc.constantFrom('', 'T00:00:00.000Z', 'T23:59:59Z', 'T00:30:00+02:00', ' 00:00:00', ' or so', 'T', 'Z'),
  )
  .map((parts) => parts.join(''));
const anyDate = fc.oneof(
  { weight: 2, arbitrary: fc.constant('') },
  { weight: 3, arbitrary: timestamp },
  { weight: 3, arbitrary: date },
  { weight: 1, arbitrary: fc.constantFrom(' 1971-09-29 ', '\u00A09/29/1971\n', '1971-09-29\n1971-09-29') },
  { weight: 1, arbitrary: value },
);
const partOfDate = fc.oneof(
  { weight: 2, arbitrary: fc.constant('') },
  { weight: 4, arbitrary: fc.constantFrom('2', '7', '07', '9.0', ' 12 ', '29', '30', '31.00') },
  { weight: 1, arbitrary: fc.constantFrom('0', '00', '13', '32', '100', '-1', '7.5', '7,0', 'September') },
  { weight: 2, arbitrary: timestamp },
  { weight: 1, arbitrary: anyDate },
);
const row: fc.Arbitrary<Row> = fc.record({
  address,
  values: fc.record({
    FirstName: value,
    LastName: value,
    City: value,
    Company: value,
    Tier: value,
    BirthDay: partOfDate,
    BirthMonth: partOfDate,
    Since: anyDate,
  }),
  tooWide: fc.integer({ min: 0, max: 39 }).map((number) => number === 0),
});
const shard: fc.Arbitrary<Shard> = fc.record({
  rows: fc.array(row, { maxLength: 80, size: 'max' }),
  gzip: fc.boolean(),
  lineEnd: fc.constantFrom('\n' as const, '\r\n' as const),
  header: fc.boolean(),
});
const segment: fc.Arbitrary<Segment> = fc.record({
  shards: fc.array(shard, { minLength: 1, maxLength: 3 }),
  columns: fc.shuffledSubarray([...optional], { minLength: 3 }),
});
const anyCase: fc.Arbitrary<Case> = fc
  .record({
    segments: fc.array(segment, { minLength: 1, maxLength: 3 }),
    mapped: fc.subarray([...optional]),
    unsubscribed: fc.subarray(people, { maxLength: 3 }),
  })
  // A column that no segment has is an error, which has a test of its own.
  .map(({ segments, mapped, unsubscribed }) => ({
    segments,
    mapped: mapped.filter((column) => segments.some(({ columns }) => columns.includes(column))),
    unsubscribed,
  }));

const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
/** The address stands in the middle, so that a shift by one column would show. */
const header = (columns: readonly Column[]) => [
  'CustomerId',
  ...columns.slice(0, 2),
  'Email',
  ...columns.slice(2),
];

function csv(columns: readonly Column[], { rows, lineEnd, header: hasHeader }: Shard): string {
  const lines = rows.map(({ address: email, values, tooWide }, index) =>
    [
      ...header(columns).map((column) =>
        column === 'CustomerId'
          ? `id${index}`
          : column === 'Email'
            ? email
            : (values[column as Column] ?? ''),
      ),
      ...(tooWide ? ['extra'] : []),
    ]
      .map(quote)
      .join(','),
  );
  return [...(hasHeader ? [header(columns).join(',')] : []), ...lines].map((line) => line + lineEnd).join('');
}

function upload(app: AppInMemory, { segments }: Case): Promise<unknown> {
  const entities = segments.map(({ shards, columns }, number) => ({
    $type: 'LocalEntity',
    name: `Segment${number}`,
    attributes: header(columns).map((name) => ({ name, dataType: 'string' })),
    partitions: shards.map(({ header: columnHeaders }, index) => ({
      name: `Segment${number}_${index}`,
      location: `${containerUrl}/Segment${number}/part_${index}.csv`,
      fileFormatSettings: { $type: 'CsvFormatSettings', columnHeaders },
    })),
  }));
  const writes = segments.flatMap(({ shards, columns }, number) =>
    shards.map((one, index) => {
      const content = Buffer.from(csv(columns, one));
      return app.segments.write(
        `Segment${number}/part_${index}.csv`,
        one.gzip ? gzipSync(content) : content,
        'text/csv',
      );
    }),
  );
  const model = JSON.stringify({ name: 'export', version: '1.0', entities });
  return Promise.all([...writes, app.segments.write('model.json', model, 'application/json')]);
}

/** Whether a clock that is set to this day shows it. */
function isThere(year: string, month: string, day: string): boolean {
  const shown = new Date(0);
  shown.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  return Number(year) > 0 && shown.getUTCMonth() + 1 === Number(month) && shown.getUTCDate() === Number(day);
}

/** The date that stands at the start of an ISO date or timestamp: `1971-09-29`. */
function isoDate(text: string): string | undefined {
  const [first, time, ...more] = text.split(/[T ]/);
  if (
    !first ||
    more.length > 0 ||
    (time !== undefined && !/^\d\d:\d\d:\d\d(\.\d+)?(Z|\+\d\d:\d\d)?$/.test(time))
  )
    return undefined;
  const [year = '', month = '', day = '', ...rest] = first.split('-');
  const padded = [year, month, day].map((part) => part.replace(/\d/g, '0')).join('-') === '0000-00-00';
  return rest.length === 0 && padded && isThere(year, month, day) ? first : undefined;
}

/** MM/DD/YYYY, M/D/YYYY, YYYY/MM/DD, YYYY/M/D, YYYY-MM-DD, YYYY-M-D, M-D-YYYY, M-DD-YYYY, or an ISO timestamp. */
function anniversaryOf(text: string): string | undefined {
  const found = isoDate(text);
  if (found !== undefined) return found;
  const slashes = text.includes('/');
  const parts = text.split(slashes ? '/' : '-');
  const yearFirst = parts[0]?.length === 4;
  const [year = '', month = '', day = ''] = yearFirst ? parts : [parts[2], parts[0], parts[1]];
  if (parts.length !== 3 || year.length !== 4 || !parts.every((part) => /^[0-9]+$/.test(part)))
    return undefined;
  const isM = month === `${Number(month)}`;
  const isD = day === `${Number(day)}`;
  const allowed = slashes || yearFirst ? (isM && isD) || month.length + day.length === 4 : isM;
  return allowed && day.length <= 2 && isThere(year, month, day) ? text : undefined;
}

function birthdayOf(dayText: string, monthText: string): { day: number; month: number } | undefined {
  const number = (text: string) =>
    /^[0-9]+(\.0+)?$/.test(text) && Number(text) < 100 ? Number(text) : undefined;
  const day = number(dayText) ?? Number(isoDate(dayText)?.slice(8));
  const month = number(monthText) ?? Number(isoDate(monthText)?.slice(5, 7));
  // Nobody tells the year: in a leap year there are most days.
  return isThere('2000', `${month}`, `${day}`) ? { day, month } : undefined;
}

/** What must come out, worked out row by row with nothing but strings. */
function judge({ segments, mapped, unsubscribed }: Case) {
  const list = new Map<string, Record<string, string>>();
  const seen = new Set<string>();
  const counts = { read: 0, duplicate: 0, rejected: 0, refused: 0 };
  const leftOut: Record<string, number> = {};
  const rows = segments.flatMap(({ shards, columns }) =>
    shards.flatMap((one) => one.rows.map((each) => ({ ...each, columns }))),
  );
  for (const { address: raw, values, tooWide, columns } of rows) {
    counts.read++;
    const email = raw.trim().toLowerCase();
    const wellFormed = /^[^@\s,()<>[\]{}\p{Cc}]+@[^@\s,()<>[\]{}\p{Cc}]+$/u.test(email);
    if (tooWide || !wellFormed || email.length > 80 || !/@[^.]+\../.test(email)) {
      counts.rejected++;
      continue;
    }
    if (seen.has(email)) {
      counts.duplicate++;
      continue;
    }
    seen.add(email);
    const fields: Record<string, string> = {};
    for (const column of mapped.filter((each) => columns.includes(each))) {
      const text = (values[column] ?? '')
        .normalize('NFC')
        .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
        .trim();
      const cut = Array.from(text)
        .slice(0, column === 'Tier' ? 255 : 50)
        .join('')
        .trim();
      if (cut !== '') fields[fieldOf[column]] = cut;
    }
    const { birthday_day: day, birthday_month: month, anniversary: since, ...sent } = fields;
    const birthday = birthdayOf(day ?? '', month ?? '');
    const anniversary = anniversaryOf(since ?? '');
    if (birthday)
      Object.assign(sent, { birthday_day: `${birthday.day}`, birthday_month: `${birthday.month}` });
    if (anniversary !== undefined) sent['anniversary'] = anniversary;
    for (const field of Object.keys(fields)) if (!(field in sent)) leftOut[field] = (leftOut[field] ?? 0) + 1;
    if (unsubscribed.includes(email)) counts.refused++;
    else list.set(email, sent);
  }
  return { list, counts, leftOut };
}

test('any mix of shards, segments, traps and columns ends with the right people on the list and counts that add up', async () => {
  await fc.assert(
    fc.asyncProperty(anyCase, async (one) => {
      const app = await startAppInMemory({
        constantContact: {
          seed: {
            customFields: [{ label: 'tier', type: 'string' }],
            contacts: one.unsubscribed.map((email) => ({ address: email, status: 'unsubscribed' as const })),
          },
          limits: { perSecond: 1_000_000, perDay: 1_000_000_000 },
        },
        // Few rows make large shares; the limit has tests of its own.
        settings: { MAX_MALFORMED_PERCENT: '100' },
      });
      try {
        await upload(app, one);
        const { id } = await app.makeExport({
          connectionId,
          mapping: {
            email: 'Email',
            profileId: 'CustomerId',
            fields: Object.fromEntries(one.mapped.map((column) => [fieldOf[column], column])),
          },
          segments: one.segments.map((_, number) => `Segment${number}`),
        });
        const run = await app.run(id);
        const expected = judge(one);
        const { read, duplicate, rejected, refused } = expected.counts;
        expect(run.counts).toEqual({
          read,
          duplicate,
          rejected,
          refused,
          accepted: expected.list.size,
          unconfirmed: 0,
          notSent: 0,
        });
        const members = new Map(
          [...app.constantContact.members(app.listId)].map((member) => [member.address, member.fields]),
        );
        expect(members).toEqual(expected.list);
        const { blankCells, violations, oversize } = app.constantContact.state(0);
        expect({ blankCells, violations: violations.length, oversize: oversize.length }).toEqual({
          blankCells: 0,
          violations: 0,
          oversize: 0,
        });
        const said = run.warnings.map((text) =>
          /^(\d+) values of (\w+) were left out: /.exec(text)?.slice(1),
        );
        expect(Object.fromEntries(said.map(([count, field] = []) => [field, Number(count)]))).toEqual(
          expected.leftOut,
        );
        expect(run.status).toBe(
          rejected + refused + said.length > 0 ? 'Completed with warnings' : 'Successful',
        );
      } finally {
        await app.stop();
      }
    }),
    { numRuns: 150 },
  );
}, 120_000);
