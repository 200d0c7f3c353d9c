// The sample is judged here by its bytes: read back with a CSV library, and by a plain second telling of the rules.
import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { badAddressKinds } from './addresses';
import { nameTraps } from './name-traps';
import { columnsOf, makeRow, newsletter } from './rows';
import { makeSample, type Sample, type SampleShard } from './sample';

const bytesOf = (shard: SampleShard) => buffer(shard.stream());

async function textOf(shard: SampleShard): Promise<string> {
  const bytes = await bytesOf(shard);
  return (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('utf8');
}

interface ReadShard {
  readonly shard: SampleShard;
  readonly text: string;
  readonly columns: string[];
  readonly rows: string[][];
}

/** Every shard in the order of `model.json`, found through it as a reader would. */
async function readBack(sample: Sample): Promise<ReadShard[]> {
  const model = JSON.parse(sample.model('http://store/account/files')) as {
    entities: {
      name: string;
      attributes: { name: string }[];
      partitions: { location: string; fileFormatSettings: { columnHeaders?: boolean } }[];
    }[];
  };
  const read: ReadShard[] = [];
  for (const entity of model.entities) {
    const columns = entity.attributes.map(({ name }) => name);
    for (const { location, fileFormatSettings } of entity.partitions) {
      const shard = sample.shards.find(({ blob }) => location === `http://store/account/files/${blob}`)!;
      const text = await textOf(shard);
      const rows = parse(text, { bom: true, relax_column_count: true });
      if (fileFormatSettings.columnHeaders) expect(rows.shift()).toEqual(columns);
      read.push({ shard, text, columns, rows });
    }
  }
  return read;
}

const tidy = (value: string) =>
  Array.from(
    value
      .normalize('NFC')
      .replace(/\p{Cc}+/gu, ' ')
      .trim(),
  )
    .slice(0, 50)
    .join('');

const goodAddress = (value: string) => {
  const [local, domain, more] = value.split('@');
  return (
    !!local &&
    !!domain?.includes('.') &&
    more === undefined &&
    value.length <= 80 &&
    !/[\s,()<>[\]{}\p{Cc}]/u.test(value)
  );
};

/** The list as the rules want it, from the rows as they were read back. */
function judge(shards: readonly ReadShard[]) {
  const people = new Map<string, { first_name?: string; last_name?: string }>();
  let rejected = 0;
  let duplicate = 0;
  for (const { columns, rows } of shards) {
    for (const row of rows) {
      const of = (column: string) => row[columns.indexOf(column)] ?? '';
      const address = of('EMail').trim().toLowerCase();
      const first = tidy(of('FirstName'));
      const last = tidy(of('LastName'));
      if (row.length !== columns.length || !goodAddress(address)) rejected += 1;
      else if (people.has(address)) duplicate += 1;
      else people.set(address, { ...(first && { first_name: first }), ...(last && { last_name: last }) });
    }
  }
  return { people, rejected, duplicate };
}

const digest = async (sample: Sample) => {
  const hash = createHash('sha256').update(sample.model('http://x'));
  for (const shard of sample.shards) hash.update(await bytesOf(shard));
  return hash.digest('hex');
};

test('the same options give the same bytes, another seed gives others', async () => {
  const once = await digest(makeSample({ profiles: 3000, seed: 7 }));
  expect(await digest(makeSample({ profiles: 3000, seed: 7 }))).toBe(once);
  expect(await digest(makeSample({ profiles: 3000, seed: 8 }))).not.toBe(once);
});

test.each([
  { profiles: 1000, shards: 2, seed: 1 },
  { profiles: 12_345, shards: 8, seed: 2 },
  { profiles: 5000, shards: 11, seed: 4321 },
])('$profiles profiles in $shards shards come out as expected when told from the bytes', async (options) => {
  const sample = makeSample(options);
  const shards = await readBack(sample);
  const expected = sample.expected();
  const judged = judge(shards);

  expect(shards).toHaveLength(options.shards);
  expect(shards.map(({ rows }) => rows.length)).toEqual(sample.shards.map(({ rows }) => rows));
  expect(expected.counts.read).toBe(options.profiles);
  expect(shards.reduce((sum, { rows }) => sum + rows.length, 0)).toBe(options.profiles);
  expect(judged.rejected).toBe(expected.counts.rejected);
  expect(judged.duplicate).toBe(expected.counts.duplicate);
  expect(judged.people.size).toBe(expected.counts.contacts);
  for (const address of sample.unsubscribed) judged.people.delete(address);
  expect(new Map([...judged.people].sort())).toEqual(new Map([...expected.people].sort()));
});

test('the counts add up', () => {
  const { counts, rejects, rejectedByKind, people } = makeSample({ profiles: 20_000 }).expected();
  expect(counts.read).toBe(counts.accepted + counts.refused + counts.duplicate + counts.rejected);
  expect(counts.rejected).toBe(rejects.length);
  expect(counts.rejected).toBe(Object.values(rejectedByKind).reduce((sum, count) => sum + count, 0));
  expect(counts.accepted).toBe(people.size);
  expect(counts.refused).toBe(1);
});

test('each thousand rows hold every kind of bad address, malformed rows below the limit, and every trap of names', () => {
  const { rejectedByKind, counts } = makeSample({ profiles: 1000, shards: 2 }).expected();
  for (const kind of badAddressKinds) expect(rejectedByKind[kind]).toBeGreaterThanOrEqual(1);
  expect(rejectedByKind['wrong-width']).toBeGreaterThanOrEqual(1);
  expect(rejectedByKind['wrong-width'] / counts.read).toBeLessThan(0.01);

  const traps = new Set(
    Array.from(
      { length: 1000 },
      (_, index) => makeRow({ seed: 1, newsletter: 1000, loyal: 0 }, newsletter, index).nameTrap,
    ),
  );
  expect([...traps].filter((trap) => trap !== undefined).sort()).toEqual([...nameTraps].sort());
});

/** Every fault of an address, each by the name that the sample gives it. */
function faultsOf(cell: string): string[] {
  const address = cell.trim();
  if (address === '') return ['blank'];
  const [, domain] = address.split('@');
  const faults: [string, boolean][] = [
    ['no-at', !address.includes('@')],
    ['several-at', address.split('@').length > 2],
    ['space', address.includes(' ')],
    ['comma', address.includes(',')],
    ['bracket', /[()<>[\]{}]/.test(address)],
    ['control-character', /\p{Cc}/u.test(address)],
    ['too-long', address.length > 80],
    ['no-dot-in-domain', domain !== undefined && !domain.includes('.')],
  ];
  return faults.filter(([, is]) => is).map(([kind]) => kind);
}

test('a bad address is bad in exactly one respect, and the others in none', () => {
  const column = columnsOf(newsletter).findIndex(([name]) => name === 'EMail');
  const population = { seed: 1, newsletter: 50_000, loyal: 0 };
  const wrong: unknown[] = [];
  for (let index = 0; index < population.newsletter; index += 1) {
    const { cells, meaning } = makeRow(population, newsletter, index);
    if (meaning.kind === 'rejected' && meaning.reason === 'wrong-width') continue;
    const faults = faultsOf(cells[column] ?? '');
    const wanted = meaning.kind === 'rejected' ? meaning.reason : undefined;
    if (faults[0] !== wanted || faults.length > 1) wrong.push({ cell: cells[column], faults, wanted });
  }
  expect(wrong).toEqual([]);
});

test('addresses come again in another case, in other shards, in the other segment, and with other values', async () => {
  const shards = await readBack(makeSample({ profiles: 10_000 }));
  const seen = new Map<
    string,
    { raw: string; blob: string; segment: string; customer: string; last: string }
  >();
  const again = { raw: 0, blob: 0, segment: 0, customer: 0, last: 0 };
  for (const { shard, columns, rows } of shards) {
    for (const row of rows) {
      const of = (column: string) => row[columns.indexOf(column)] ?? '';
      const raw = of('EMail');
      const now = {
        raw,
        blob: shard.blob,
        segment: shard.segment,
        customer: of('CustomerId'),
        last: of('LastName'),
      };
      const before = seen.get(raw.trim().toLowerCase());
      if (!before) seen.set(raw.trim().toLowerCase(), now);
      else
        for (const fact of Object.keys(again) as (keyof typeof again)[])
          if (before[fact] !== now[fact]) again[fact] += 1;
    }
  }
  for (const times of Object.values(again)) expect(times).toBeGreaterThan(10);
});

test('the bytes hold quoted line breaks, doubled quotes, both forms of Unicode, formulas, and blanks', async () => {
  const shards = await readBack(makeSample({ profiles: 10_000 }));
  const text = shards.map((shard) => shard.text).join('');
  expect(text).toMatch(/"[^"]*\w\n\w[^"]*"/);
  expect(text).toMatch(/"[^"]*\w\r\n\w[^"]*"/);
  expect(text).toContain(' ""Bob""');
  expect(text).toContain('Zoë'.normalize('NFD'));
  expect(text).toContain('Zoë'.normalize('NFC'));
  expect(text).toContain('=HYPERLINK(""http');
  expect(text).toMatch(/, {3},/);
  expect(text).toMatch(/,,/);
});

test('shards differ in form: byte order mark, gzip, CRLF, no header, no line end at the end', async () => {
  const sample = makeSample({ profiles: 2000, shards: 8 });
  const bytes = await Promise.all(sample.shards.map(bytesOf));
  const texts = await Promise.all(sample.shards.map(textOf));
  const header = columnsOf(newsletter)
    .map(([name]) => name)
    .join(',');
  expect(bytes.filter((one) => one.subarray(0, 3).toString('hex') === 'efbbbf').length).toBeGreaterThan(0);
  expect(bytes.filter((one) => one.subarray(0, 2).toString('hex') === '1f8b').length).toBeGreaterThan(0);
  expect(texts.some((text) => text.endsWith('\r\n'))).toBe(true);
  expect(texts.some((text) => !text.endsWith('\n'))).toBe(true);
  expect(texts.some((text) => text.startsWith(`${header}\n`))).toBe(true);
  expect(texts.some((text) => /^[0-9a-f]{32},/.test(text))).toBe(true);
});

test('partition ids have gaps, and the model lists them in an order that is not that of their names', () => {
  const sample = makeSample({ profiles: 1000, shards: 8 });
  const names = sample.shards.filter(({ segment }) => segment === newsletter).map(({ blob }) => blob);
  expect(names).not.toEqual([...names].sort());
  expect(names.map((name) => Number(/_(\d+)\.csv/.exec(name)?.[1])).sort()).toEqual([1, 2, 4, 5, 6]);
});

test('a big one comes in pieces, without waiting for the whole', async () => {
  const sample = makeSample({ profiles: 1_000_000, shards: 2 });
  const stream = sample.shards[0]!.stream();
  for await (const piece of stream as AsyncIterable<Buffer>) {
    expect(piece.byteLength).toBeLessThan(1024 * 1024);
    break;
  }
  expect(stream.destroyed).toBe(true);
});
