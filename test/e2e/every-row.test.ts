// Every row is accounted for, and the list holds exactly the right people: random segments through the whole app, judged by a second,
// plain implementation of the rules that shares no line with the app's.
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { connectionId, containerUrl, startAppInMemory, type AppInMemory } from '../support/app-in-memory';

const optional = ['FirstName', 'LastName', 'City', 'Company', 'Tier', 'BirthDay', 'BirthMonth'] as const;
const fieldOf = {
  FirstName: 'first_name',
  LastName: 'last_name',
  City: 'city',
  Company: 'company_name',
  Tier: 'cf:tier',
  BirthDay: 'birthday_day',
  BirthMonth: 'birthday_month',
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
/** Constant Contact checks dates, and takes day and month only together. */
const partOfDate = fc.constantFrom('', '7');
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

/** What must come out, worked out row by row with nothing but strings. */
function judge({ segments, mapped, unsubscribed }: Case) {
  const list = new Map<string, Record<string, string>>();
  const seen = new Set<string>();
  const counts = { read: 0, duplicate: 0, rejected: 0, refused: 0, halfBirthdays: 0 };
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
    const { birthday_day: day, birthday_month: month, ...others } = fields;
    const isHalf = (day === undefined) !== (month === undefined);
    if (isHalf) counts.halfBirthdays++;
    if (unsubscribed.includes(email)) counts.refused++;
    else list.set(email, isHalf ? others : fields);
  }
  return { list, counts };
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
        const { read, duplicate, rejected, refused, halfBirthdays } = expected.counts;
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
        expect(run.status).toBe(
          rejected + refused + halfBirthdays > 0 ? 'Completed with warnings' : 'Successful',
        );
      } finally {
        await app.stop();
      }
    }),
    { numRuns: 150 },
  );
}, 120_000);
