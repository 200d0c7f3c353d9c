// Files that no export should hold, through the whole app: each ends as rejected rows that are counted and named one by one, or with
// nothing sent and a sentence that names the segment, the file and what to do. What is good in them arrives.
import { parse } from 'csv-parse/sync';
import { addsUp } from '../under-fire/small-export';
import { containerUrl, startAppInMemory, type AppInMemory } from '../support/app-in-memory';

const file = 'people.csv';
const plainColumns = ['Id', 'Email', 'First', 'Last'];
const goodPeople = 99;
const address = (number: number) => `person${number}@example.com`;
const row = (number: number) => `${number},${address(number)},Ann${number},Bell`;
const good = Array.from({ length: goodPeople }, (_, index) => row(index + 1));
const header = plainColumns.join(',');
/** Good rows, with these behind the fiftieth. */
const amid = (...lines: readonly string[]) =>
  [header, ...good.slice(0, 50), ...lines, ...good.slice(50), ''].join('\n');

const fieldOf5Mb = 'x'.repeat(5_000_000);

let app: AppInMemory;
beforeEach(async () => {
  app = await startAppInMemory();
});
afterEach(() => app.stop());

/** Runs an export of one segment with one file. */
async function run(content: string | Buffer, columns: readonly string[] = plainColumns) {
  await app.segments.write(file, content, 'text/csv');
  const entity = {
    $type: 'LocalEntity',
    name: 'People',
    attributes: columns.map((name) => ({ name, dataType: 'string' })),
    partitions: [
      {
        name: 'p1',
        location: `${containerUrl}/${file}`,
        fileFormatSettings: { columnHeaders: true, encoding: 'UTF-8' },
      },
    ],
  };
  const model = JSON.stringify({ name: 'export', version: '1.0', entities: [entity] });
  await app.segments.write('model.json', model, 'application/json');
  const { id } = await app.makeExport({
    mapping: { email: 'Email', profileId: 'Id', fields: { first_name: 'First', last_name: 'Last' } },
    segments: ['People'],
  });
  const ended = await app.run(id);
  const members = new Map(
    [...app.constantContact.members(app.listId)].map((member) => [member.address, member.fields]),
  );
  const rejects: string[][] =
    ended.rejects === null ? [] : parse(app.files.text(ended.rejects), { bom: true });
  return { run: ended, members, rejects: rejects.slice(1) };
}
type Outcome = Awaited<ReturnType<typeof run>>;

const addresses = ({ members }: Outcome) => [...members.keys()].sort();
const everybodyGood = good.map((_, index) => address(index + 1)).sort();

/** Everybody good arrives; these rows are rejected, with this reason. */
function expectRejected(outcome: Outcome, reason: string, ...rows: readonly number[]) {
  expect(outcome.run).toMatchObject({
    status: 'Completed with warnings',
    counts: { read: goodPeople + rows.length, accepted: goodPeople, rejected: rows.length },
    rejectedByReason: { [reason]: rows.length },
  });
  expect(addsUp(outcome.run)).toBe(true);
  expect(addresses(outcome)).toEqual(everybodyGood);
  expect(outcome.rejects.map(([segment, shard, number]) => [segment, shard, number])).toEqual(
    rows.map((number) => ['People', file, String(number)]),
  );
}

/** Nothing is sent, and the sentence says where and what to do. */
function expectRefused({ run: { status, reason }, members }: Outcome, code: string, what: RegExp) {
  expect({ status, code: reason?.code }).toEqual({ status: 'Failed', code });
  expect(reason?.sentence).toContain('People');
  expect(reason?.sentence).toContain(file);
  expect(reason?.sentence).toMatch(what);
  expect(reason?.sentence.length).toBeLessThan(500);
  // Nothing of the file: it may be somebody's data.
  expect(reason?.sentence).not.toMatch(/@|Ann|Bell|xxx/);
  expect([...members]).toEqual([]);
  expect(app.constantContact.state(0).jobs).toEqual([]);
}

test('the good rows alone all arrive, so that what follows is about the others', async () => {
  const outcome = await run(amid());
  expect(outcome.run).toMatchObject({
    status: 'Successful',
    counts: { read: goodPeople, accepted: goodPeople },
  });
  expect(addresses(outcome)).toEqual(everybodyGood);
});

describe('a field of 5 MB', () => {
  test.each([
    ['bare', fieldOf5Mb],
    ['in quotes', `"${fieldOf5Mb}"`],
    ['in quotes that hold commas and quotes', `"${'x,""'.repeat(1_250_000)}"`],
  ])('%s: its row is rejected', async (_, field) => {
    expectRejected(await run(amid(`0,wide@example.com,${field},Bell`)), 'too-long', 51);
  });

  test('as an address: the rejects file shows the beginning of nobody', async () => {
    const outcome = await run(amid(`0,${fieldOf5Mb}@example.com,Ann,Bell`));
    expectRejected(outcome, 'too-long', 51);
    expect(app.files.text(outcome.run.rejects ?? '').length).toBeLessThan(1_000);
  });

  test('in quotes that hold line breaks: nobody knows where it ends, so nothing is sent', async () => {
    const lines = Array.from({ length: 1_000 }, () => 'x'.repeat(5_000));
    const content = amid(`0,wide@example.com,"${lines[0]}`, ...lines, '",Bell');
    expectRefused(await run(content), 'too-many-malformed-rows', /The rejects file names the rows/);
  });

  test('just below 1 MB is cut as any other long value, and everybody arrives', async () => {
    const outcome = await run(amid(`0,wide@example.com,${'x'.repeat(999_000)},Bell`));
    expect(outcome.run).toMatchObject({ status: 'Successful', cutByField: { first_name: 1 } });
    expect(outcome.members.get('wide@example.com')?.['first_name']).toBe('x'.repeat(50));
  });
});

describe('a row of 10,000 columns', () => {
  const many = Array.from({ length: 10_000 }, (_, index) => `c${index}`);

  test('in a file of four: it is rejected', async () => {
    expectRejected(await run(amid(`0,wide@example.com,${many.join(',')}`)), 'wrong-width', 51);
  });

  test('in a file that has as many: everybody arrives', async () => {
    const columns = [...plainColumns, ...many.slice(4)];
    const rows = [columns, ...good.map((line) => [line, ...many.slice(4)])].map((cells) => cells.join(','));
    const outcome = await run(rows.join('\n'), columns);
    expect(outcome.run).toMatchObject({ status: 'Successful', counts: { accepted: goodPeople } });
    expect(addresses(outcome)).toEqual(everybodyGood);
  });
});

describe('a quote that is never closed', () => {
  test('costs its own row, and the rows behind it arrive', async () => {
    expectRejected(await run(amid('0,open@example.com,"Ann,Bell')), 'unclosed-quote', 51);
  });

  test('with more than 1 MB behind it costs its own row all the same', async () => {
    const more = Array.from({ length: 40_000 }, (_, index) => row(goodPeople + 1 + index));
    const outcome = await run(`${amid('0,open@example.com,"Ann,Bell')}${more.join('\n')}\n`);
    expect(outcome.run).toMatchObject({
      counts: { read: goodPeople + more.length + 1, accepted: goodPeople + more.length, rejected: 1 },
      rejectedByReason: { 'unclosed-quote': 1 },
    });
  });

  test('in the header: nothing is sent', async () => {
    const content = [header.replace('First', '"First'), ...good].join('\n');
    expectRefused(
      await run(content),
      'header-wrong',
      /quotes that are never closed.*Export the segment again/,
    );
  });
});

describe('NUL bytes', () => {
  test('in an address: the row is rejected', async () => {
    expectRejected(await run(amid('0,an\0n@example.com,Ann,Bell')), 'address-control-character', 51);
  });

  test('in a name: they become a space, as other control characters do', async () => {
    const outcome = await run(amid('0,nul@example.com,An\0na,Bell'));
    expect(outcome.run.status).toBe('Successful');
    expect(outcome.members.get('nul@example.com')?.['first_name']).toBe('An na');
  });

  test('in place of a row: it is rejected', async () => {
    expectRejected(await run(amid('\0'.repeat(100_000))), 'wrong-width', 51);
  });

  test('and nothing else: nothing is sent', async () => {
    expectRefused(await run(Buffer.alloc(2_000_000)), 'header-wrong', /Export the segment again/);
  });
});

describe('a file that claims to be UTF-8', () => {
  test('with a row in Latin-1: the row is rejected', async () => {
    const content = Buffer.concat([
      Buffer.from(`${header}\n${good.slice(0, 50).join('\n')}\n`),
      Buffer.from('0,rené@example.com,René,Bell\n', 'latin1'),
      Buffer.from(good.slice(50).join('\n')),
    ]);
    expectRejected(await run(content), 'bad-encoding', 51);
  });

  test('and is Latin-1 throughout: nothing is sent', async () => {
    const lines = good.map((line) => line.replace('Ann', 'René'));
    const content = Buffer.from([header, ...lines].join('\n'), 'latin1');
    expectRefused(await run(content), 'too-many-malformed-rows', /correct them at their source/);
  });

  const text = [header, ...good].join('\n');
  const littleEndian = (content: string) => Buffer.from(content, 'utf16le');
  test.each([
    ['UTF-16, little end first, with a byte order mark', littleEndian(`\ufeff${text}`)],
    ['UTF-16, big end first, with a byte order mark', littleEndian(`\ufeff${text}`).swap16()],
    ['UTF-16, little end first, without one', littleEndian(text)],
    ['UTF-16, big end first, without one', littleEndian(text).swap16()],
  ])('and is %s: nothing is sent', async (_, content) => {
    expectRefused(await run(content), 'encoding-wrong', /UTF-16.*Write it in UTF-8, or name the encoding/);
  });
});
