// Into which files people go: within Constant Contact's limits, no blank cell, at most five jobs for each person.
import fc from 'fast-check';
import { makeBatchFiles } from '../../shared/contacts/batch-files';
import { mappingSchema, type Mapping } from '../../shared/contacts/mapping';
import { makeOutgoing } from '../../shared/contacts/outgoing';
import { makeMemoryBlobs } from '../support/memory-blobs';
import { oneShard, type Row } from './feeder';
import { folder, linesOf, prepared, receive, run, type Cells } from './prepared';

const twelve = [
  'first_name', 'last_name', 'job_title', 'company_name', 'phone', 'street', 'city', 'state', 'zip', 'country', 'cf:tier', 'cf:store',
]; // prettier-ignore

const mappingOf = (fields: readonly string[]): Mapping =>
  mappingSchema.parse({ email: 'email', fields: Object.fromEntries(fields.map((name) => [name, name])) });

/** Numbers from 0 up to, not including, 1; the same ones for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Dates are numbers of a day that there is, as Constant Contact takes no other. */
const valueOf = (name: string, number: number): string => {
  if (name === 'birthday_day') return String((number % 28) + 1);
  if (name === 'birthday_month') return String((number % 12) + 1);
  if (name === 'anniversary') return `${1900 + (number % 100)}-${(number % 12) + 1}-${(number % 28) + 1}`;
  return `${name.slice(0, 5)} ${number}`;
};

/** Rows `email` and fields; a field is blank when `isBlank` says so. */
function rowsOf(
  count: number,
  fields: readonly string[],
  isBlank: (row: number, field: number) => boolean,
): Row[] {
  return Array.from({ length: count }, (_, row) => [
    `person.${row}@example.com`,
    ...fields.map((name, field) => (isBlank(row, field) ? '' : valueOf(name, row * 7 + field))),
  ]);
}

const expectedOf = (rows: readonly Row[], fields: readonly string[]): Map<string, Cells> =>
  new Map(
    (rows as string[][]).map(([email = '', ...values]): [string, Cells] => {
      const cells = fields.map((name, field): [string, string] => [name, values[field] ?? '']);
      return [email, Object.fromEntries(cells.filter(([, value]) => value !== ''))];
    }),
  );

describe('twelve optional columns with 20 % blanks each', () => {
  it('need at most 40 import jobs for 100,000 rows, nobody is in more than five, no cell is blank, every value arrives', async () => {
    const random = randomFrom(20260102);
    const rows = rowsOf(100_000, twelve, () => random() < 0.2);
    const { store, manifest } = await prepared(oneShard(['email', ...twelve], rows), mappingOf(twelve));
    expect(manifest.batches.length).toBeLessThanOrEqual(40);
    const { people, jobs, blankCells } = receive(store, manifest);
    expect(blankCells).toBe(0);
    expect([...jobs.values()].reduce((most, count) => Math.max(most, count), 0)).toBeLessThanOrEqual(5);
    const expected = expectedOf(rows, twelve);
    expect(people.size).toBe(expected.size);
    const wrong = [...expected].filter(([email, cells]) => {
      const got = people.get(email) ?? {};
      return (
        Object.keys(got).length !== Object.keys(cells).length ||
        Object.entries(cells).some(([name, value]) => got[name] !== value)
      );
    });
    expect(wrong).toEqual([]);
  }, 60_000);
});

describe('the files', () => {
  it('bring every value to everybody, whatever columns are mapped and filled', async () => {
    const world = fc.record({
      fields: fc.uniqueArray(
        fc.constantFrom(...twelve, 'birthday_day', 'birthday_month', 'anniversary', 'street2'),
        { maxLength: 16 },
      ),
      count: fc.integer({ min: 0, max: 60 }),
      blanks: fc.double({ min: 0, max: 1, noNaN: true }),
      seed: fc.integer(),
    });
    await fc.assert(
      fc.asyncProperty(world, async ({ fields, count, blanks, seed }) => {
        const random = randomFrom(seed);
        const rows = rowsOf(count, fields, () => random() < blanks);
        const { store, manifest } = await prepared(oneShard(['email', ...fields], rows), mappingOf(fields));
        const { people, jobs, blankCells } = receive(store, manifest);
        const expected = expectedOf(rows, fields);
        for (const cells of expected.values()) {
          if (cells['birthday_day'] !== undefined && cells['birthday_month'] !== undefined) continue;
          delete cells['birthday_day'];
          delete cells['birthday_month'];
        }
        expect(people).toEqual(expected);
        expect(blankCells).toBe(0);
        expect(Math.max(0, ...jobs.values())).toBeLessThanOrEqual(5);
        expect(
          manifest.batches.filter(({ wave }) => wave === 0).reduce((sum, { contacts }) => sum + contacts, 0),
        ).toBe(count);
      }),
      { numRuns: 150 },
    );
  });

  it('are one per pattern, and one job for each person, where the rows fill few patterns of many columns', async () => {
    const rows = rowsOf(3_000, twelve, (row, field) => row % 5 === 0 && field > 6);
    const { store, manifest } = await prepared(oneShard(['email', ...twelve], rows), mappingOf(twelve));
    expect(manifest.batches.map(({ wave, contacts }) => [wave, contacts])).toEqual([
      [0, 600],
      [0, 2_400],
    ]);
    expect(receive(store, manifest).people).toEqual(expectedOf(rows, twelve));
  });

  it('take up a pattern that gets frequent later on', async () => {
    const random = randomFrom(7);
    const rows = rowsOf(30_000, twelve, (row) => row < 12_000 && random() < 0.5);
    const { store, manifest } = await prepared(oneShard(['email', ...twelve], rows), mappingOf(twelve));
    const full = manifest.batches.filter(({ columns }) => columns.length === 13);
    expect(full.map(({ wave }) => wave)).toEqual([0]);
    expect(full[0]?.contacts).toBeGreaterThan(16_000);
    expect(receive(store, manifest).people.size).toBe(30_000);
  });

  it('hold at most 39,999 contacts', async () => {
    const { store, manifest } = await prepared(
      oneShard(
        ['email'],
        rowsOf(80_000, [], () => true),
      ),
      mappingOf([]),
    );
    expect(manifest.batches.map(({ contacts }) => contacts)).toEqual([39_999, 39_999, 2]);
    expect(receive(store, manifest).people.size).toBe(80_000);
  });

  it('have at most 3,900,000 bytes with what else a request carries', async () => {
    const fields = ['cf:a', 'cf:b', 'cf:c'];
    const long = 'é'.repeat(255);
    const rows = Array.from({ length: 6_000 }, (_, row) => [`person.${row}@example.com`, long, long, long]);
    const { store, manifest } = await prepared(oneShard(['email', ...fields], rows), mappingOf(fields));
    expect(manifest.batches.length).toBe(3);
    const [first] = manifest.batches;
    expect(first?.bytes).toBeGreaterThan(3_890_000);
    expect(receive(store, manifest).people.size).toBe(6_000);
  });

  it('are the same when they are made again', async () => {
    const random = randomFrom(3);
    const segments = oneShard(
      ['email', ...twelve],
      rowsOf(2_000, twelve, () => random() < 0.4),
    );
    const one = await prepared(segments, mappingOf(twelve));
    const other = await prepared(segments, mappingOf(twelve));
    expect(other.manifest).toEqual(one.manifest);
    expect(other.store.blobs).toEqual(
      new Map(
        [...one.store.blobs].map(([name, blob]) => [
          name,
          expect.objectContaining({ content: blob.content }) as object,
        ]),
      ),
    );
  });

  it('are refused when they would be more import jobs than Constant Contact lets wait', async () => {
    const fields = Array.from({ length: 25 }, (_, index) => `cf:f${index}`).concat(twelve.slice(0, 10), [
      'anniversary',
      'street2',
    ]);
    const random = randomFrom(5);
    const rows = rowsOf(12_000, fields, () => random() < 0.5);
    const { store, result } = await run(oneShard(['email', ...fields], rows), mappingOf(fields));
    expect(result).toMatchObject({
      kind: 'refused',
      reason: {
        code: 'too-many-import-jobs',
        limit: 900,
        fields: 37,
        sentence: expect.stringContaining('Map fewer optional fields') as string,
      },
      rejects: `${folder}x1/rejects.csv`,
    });
    expect(store.names()).toEqual([`${folder}x1/rejects.csv`]);
    expect(linesOf(store, `${folder}x1/rejects.csv`)).toEqual([]);
  });
});

describe('the memory that the files take', () => {
  it('stays within its bound when storage is slow and many files are open', async () => {
    let arrived = 0;
    let most = 0;
    let added = 0;
    const store = makeMemoryBlobs({
      before: (operation, _name, bytes) => {
        if (operation === 'append' || operation === 'write') arrived += bytes;
      },
    });
    const outgoing = makeOutgoing(store);
    const files = makeBatchFiles(outgoing, 'batch-');
    const series = Array.from({ length: 300 }, (_, index) => files.series(0, [`cf:f${index}`]));
    const line = Buffer.from(`person@example.com,${'x'.repeat(980)}`);
    for (let round = 0; round < 300; round++) {
      for (const one of series) files.add(one, line, 18, 18, line.length);
      added += series.length * (line.length + 2);
      await files.drain();
      most = Math.max(most, added - arrived);
    }
    const batches = await files.finish();
    expect(added).toBeGreaterThan(80_000_000);
    expect(most).toBeLessThanOrEqual(32 * 1024 * 1024);
    expect(batches).toHaveLength(300);
    expect(batches.every(({ contacts }) => contacts === 300)).toBe(true);
    expect(new Set(batches.map(({ blob }) => store.text(blob).length)).size).toBeLessThanOrEqual(3);
    expect(store.text('batch-0-0001.csv')).toBe(`email,cf:f0\r\n${`${line.toString()}\r\n`.repeat(300)}`);
  });
});
