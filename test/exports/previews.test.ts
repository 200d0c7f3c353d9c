// A look before saving: contacts as they would be sent, what is wrong with the rows, and what is not read.
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { prepare } from '../../shared/contacts/prepare';
import { makePreviewExport } from '../../shared/exports/preview-export';
import { makePreviewSegment } from '../../shared/exports/preview-segment';
import type { Look } from '../../shared/exports/first-rows';
import { splitRecord } from '../../shared/segments/csv-rules';
import type { Mapping } from '../../shared/contacts/mapping';
import { memoryBlobs } from '../segments/memory-blobs';
import { failureOf, sourceOf } from '../segments/model';
import { makeMemoryBlobs } from '../support/memory-blobs';

/** Flat segments: file -> content. */
function start(files: Readonly<Record<string, string | Buffer>>, look?: Look) {
  const blobs = memoryBlobs({ pieceBytes: 16_000 });
  for (const [name, content] of Object.entries(files)) blobs.put(`ci/${name}`, content);
  const segments = sourceOf(blobs, { layout: 'flat' });
  const options = { segments, ...(look && { look }) };
  return {
    blobs,
    segments,
    previewExport: makePreviewExport(options),
    previewSegment: makePreviewSegment(options),
  };
}

const mapping: Mapping = {
  email: 'EMail',
  profileId: 'Id',
  fields: { first_name: 'Name', 'cf:Size': 'Size' },
};

describe('the preview of a draft', () => {
  test('shows contacts as they would be sent, and counts what would not be', async () => {
    const { previewExport } = start({
      'Buyers/1.csv':
        'Id,EMail,Name,Size\n' +
        '1, Ada@Example.com ,"Ada, ""the first""",\n' +
        '2,grace@example.com,  Grace\u0007 H ,42\n' +
        '3,no-address,Bob,1\n' +
        '4,,Nobody,2\n' +
        '5,too,few\n' +
        '6,ADA@example.com,Again,3\n',
      'Fans/1.csv': `EMail,Name\nfan@example.com,${'x'.repeat(60)}\ngrace@example.com,Grace\n`,
    });
    await expect(previewExport({ segments: ['Buyers', 'fans'], mapping })).resolves.toEqual({
      segments: [
        {
          name: 'Buyers',
          rowsRead: 6,
          malformed: 1,
          duplicate: 1,
          rejected: 2,
          contacts: [
            {
              row: 1,
              email: 'ada@example.com',
              fields: { first_name: 'Ada, "the first"' },
              cut: [],
              leftOut: [],
            },
            {
              row: 2,
              email: 'grace@example.com',
              fields: { first_name: 'Grace  H', 'cf:Size': '42' },
              cut: [],
              leftOut: [],
            },
          ],
          rejects: [
            { row: 3, reason: 'address-at-sign', sentence: 'The address does not have exactly one @.' },
            { row: 4, reason: 'address-blank', sentence: 'There is no address.' },
          ],
          problem: null,
        },
        {
          name: 'Fans',
          rowsRead: 2,
          malformed: 0,
          duplicate: 1,
          rejected: 0,
          contacts: [
            {
              row: 1,
              email: 'fan@example.com',
              fields: { first_name: 'x'.repeat(50) },
              cut: ['first_name'],
              leftOut: [],
            },
          ],
          rejects: [],
          problem: null,
        },
      ],
      missingColumns: [],
    });
  });

  test('shows dates as they would be sent, and names the fields whose values would be left out', async () => {
    const { previewExport } = start({
      'Buyers/1.csv':
        'EMail,Born,Month,Since\n' +
        'a@example.com,1971-09-29T00:00:00.000Z,9.0,1999-12-31T00:00:00.000Z\n' +
        'b@example.com,30,2,29/09/1971\n' +
        'c@example.com,,7,\n' +
        'd@example.com,,,2001-02-03\n',
    });
    const fields = { birthday_day: 'Born', birthday_month: 'Month', anniversary: 'Since' };
    const [seen] = (await previewExport({ segments: ['Buyers'], mapping: { email: 'EMail', fields } }))
      .segments;
    expect(seen!.contacts.map(({ fields: sent, leftOut }) => ({ sent, leftOut }))).toEqual([
      { sent: { birthday_day: '29', birthday_month: '9', anniversary: '1999-12-31' }, leftOut: [] },
      { sent: {}, leftOut: ['birthday_day', 'birthday_month', 'anniversary'] },
      { sent: {}, leftOut: ['birthday_month'] },
      { sent: { anniversary: '2001-02-03' }, leftOut: [] },
    ]);
  });

  test('names columns that do not exist, and shows the rest', async () => {
    const { previewExport } = start({
      'Buyers/1.csv': 'EMail,Name\na@example.com,Ada\n',
      'Fans/1.csv': 'Address,Name\nb@example.com,Bob\n',
    });
    const preview = await previewExport({ segments: ['Buyers', 'Fans'], mapping });
    expect(preview.missingColumns).toEqual([
      { path: 'mapping.email', column: 'EMail', segment: 'Fans' },
      { path: 'mapping.profileId', column: 'Id', segment: null },
      { path: 'mapping.fields.cf:Size', column: 'Size', segment: null },
    ]);
    expect(preview.segments).toMatchObject([
      { contacts: [{ email: 'a@example.com', fields: { first_name: 'Ada' } }], problem: null },
      { rowsRead: 0, contacts: [], problem: { code: 'column-missing' } },
    ]);
  });

  test('says what keeps a segment from being read, and shows the others', async () => {
    const { previewExport } = start({
      'Buyers/1.csv': 'Id,EMail,Name,Size\n1,a@example.com,Ada,1\n',
      'Twice/1.csv': 'Id,EMail,Name,Name,Size\n1,b@example.com,B,B,1\n',
    });
    const preview = await previewExport({ segments: ['gone', 'Twice', 'Buyers'], mapping });
    expect(
      preview.segments.map(({ name, problem, contacts }) => [name, problem?.code, contacts.length]),
    ).toEqual([
      ['gone', 'segment-unknown', 0],
      ['Twice', 'column-ambiguous', 0],
      ['Buyers', undefined, 1],
    ]);
  });

  test('shows ten contacts and ten rejects at most, and counts the rows of the whole look', async () => {
    const rows = Array.from({ length: 60 }, (_, row) => `${row % 2 ? 'nobody' : `p${row}@example.com`},x`);
    const { previewExport } = start({ 'Buyers/1.csv': `EMail,Name\n${rows.join('\n')}\n` });
    const { segments } = await previewExport({
      segments: ['Buyers'],
      mapping: { email: 'EMail', fields: {} },
    });
    expect(segments).toMatchObject([{ rowsRead: 60, rejected: 30, duplicate: 0 }]);
    expect([segments[0]!.contacts.length, segments[0]!.rejects.length]).toEqual([10, 10]);
  });

  test('goes on in the next file when one has few rows', async () => {
    const { previewExport } = start(
      {
        'Buyers/1.csv': 'EMail\na@example.com\n',
        'Buyers/2.csv': 'EMail\nb@example.com\nc@example.com\n',
        'Buyers/3.csv': 'EMail\nd@example.com\n',
      },
      { rows: 2, bytes: 1_000_000 },
    );
    const { segments } = await previewExport({
      segments: ['Buyers'],
      mapping: { email: 'EMail', fields: {} },
    });
    expect(segments[0]!.contacts.map(({ email }) => email)).toEqual(['a@example.com', 'b@example.com']);
  });

  test('lets what says that storage is away pass', async () => {
    const { previewExport, segments } = start({ 'Buyers/1.csv': 'EMail\na@example.com\n' });
    const away = new Error('storage is away');
    const broken = makePreviewExport({ segments: { ...segments, open: () => Promise.reject(away) } });
    await expect(broken({ segments: ['Buyers'], mapping })).rejects.toBe(away);
    await expect(previewExport({ segments: ['Buyers'], mapping })).resolves.toBeDefined();
  });
});

describe('what a look reads is bounded', () => {
  const columns = { email: 'EMail', fields: {} };
  const row = (at: number) => `p${at}@example.com,${'x'.repeat(200)}\n`;
  const long = `EMail,Name\n${Array.from({ length: 40_000 }, (_, at) => row(at)).join('')}`;

  test.each([
    ['a plain file', Buffer.from(long)],
    ['a gzip file', gzipSync(long)],
  ])('by rows, in %s', async (_name, content) => {
    const { previewExport, blobs } = start({ 'Buyers/1.csv': content });
    const { segments } = await previewExport({ segments: ['Buyers'], mapping: columns });
    expect(segments).toMatchObject([{ rowsRead: 1_000, duplicate: 0, problem: null }]);
    for (const stream of blobs.streams)
      expect(stream).toMatchObject({ destroyed: true, readableEnded: false });
  });

  test('by bytes, where a line never ends', async () => {
    const endless = `EMail,Name\na@example.com,x\n${'y'.repeat(20_000_000)}`;
    const { previewExport, blobs } = start({ 'Buyers/1.csv': endless }, { rows: 1_000, bytes: 500_000 });
    const { segments } = await previewExport({ segments: ['Buyers'], mapping: columns });
    expect(segments).toMatchObject([{ contacts: [{ email: 'a@example.com' }], problem: null }]);
    expect(blobs.streams.at(-1)).toMatchObject({ destroyed: true, readableEnded: false });
  });
});

test('the preview and a run make the same of any rows', async () => {
  const cell = fc.oneof(
    fc.constantFrom(
      '',
      ' ',
      'a@example.com',
      'B@Example.com',
      'a@b',
      'é@example.com',
      '=1+1',
      'x"y',
      'x,y',
      'x\ny',
    ),
    fc.constantFrom('7', '17.0', '30', '2', '0', '1971-09-29T00:00:00.000Z', '9/29/1971', '1971-02-29'),
    fc.string({ maxLength: 8 }),
    fc.string({ unit: 'grapheme', maxLength: 60 }),
  );
  const quoted = (text: string) => `"${text.toWellFormed().replaceAll('"', '""').replaceAll('\0', '')}"`;
  const fields = {
    first_name: 'Name',
    street: 'Street',
    birthday_day: 'Day',
    birthday_month: 'Month',
    anniversary: 'Since',
  };
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(cell, { minLength: 6, maxLength: 6 }), { maxLength: 9 }),
      async (rows) => {
        const content = [
          'EMail,Name,Street,Day,Month,Since',
          ...rows.map((row) => row.map(quoted).join(',')),
        ].join('\n');
        const { segments, previewExport } = start({ 'Buyers/1.csv': `${content}\n` });
        const wanted = { email: 'EMail', fields };
        const [seen] = (await previewExport({ segments: ['Buyers'], mapping: wanted })).segments;

        const store = makeMemoryBlobs();
        const prepared = await prepare(
          { read: (shard, columns, sink) => segments.read(shard, columns, sink), store },
          {
            runId: 'run',
            execution: 'one',
            segments: await segments.open(['Buyers']),
            mapping: wanted,
            limits: { maxContacts: 100, maxMalformedShare: 1 },
            addressesInClear: true,
            folder: 'run/',
          },
        );
        if (prepared.kind !== 'prepared') throw new Error('refused');
        const { manifest } = prepared;
        const sent = new Map<string, Record<string, string>>();
        for (const { blob, columns } of manifest.batches) {
          for (const line of records(store.text(blob)).slice(1)) {
            const [email = '', ...values] = line;
            const filled = columns.slice(1).map((name, index) => [name, values[index] ?? ''] as const);
            sent.set(email, { ...sent.get(email), ...Object.fromEntries(filled) });
          }
        }
        expect(new Map(seen!.contacts.map(({ email, fields: filled }) => [email, filled]))).toEqual(sent);
        const { read, duplicate, rejected } = manifest.counts;
        expect([seen!.rowsRead, seen!.duplicate, seen!.rejected + seen!.malformed]).toEqual([
          read,
          duplicate,
          rejected,
        ]);
      },
    ),
    { numRuns: 150 },
  );
});

/** The records of a batch file: values hold no line breaks there. */
const records = (text: string) =>
  text
    .split('\r\n')
    .filter((line) => line !== '')
    .map((line) =>
      splitRecord(Buffer.from(line), {
        delimiter: 0x2c,
        quote: 0x22,
        quoteOpensFirstOnly: true,
        escape: 0x22,
      }),
    );

describe('the preview of a segment', () => {
  test('shows its columns with their first values, each once, blanks left out', async () => {
    const rows = ['a@example.com,Ada,', 'b@example.com, Ada ,', ...Array.from('cdefgh')].map((row, index) =>
      index < 2 ? row : `${row}@example.com,${row.toUpperCase()},`,
    );
    const { previewSegment } = start({
      'Buyers/1.csv': `EMail,Name,Empty\n${rows.join('\n')}\nbroken\n`,
    });
    await expect(previewSegment('buyers')).resolves.toEqual({
      name: 'Buyers',
      rowsRead: 9,
      malformed: 1,
      columns: [
        {
          name: 'EMail',
          values: ['a@example.com', 'b@example.com', 'c@example.com', 'd@example.com', 'e@example.com'],
        },
        { name: 'Name', values: ['Ada', 'C', 'D', 'E', 'F'] },
        { name: 'Empty', values: [] },
      ],
    });
  });

  test('cuts long values', async () => {
    const { previewSegment } = start({ 'Buyers/1.csv': `Text\n${'x'.repeat(5_000)}\n` });
    expect((await previewSegment('Buyers')).columns).toEqual([{ name: 'Text', values: ['x'.repeat(100)] }]);
  });

  test('shows no values of a column that is there twice', async () => {
    const { previewSegment } = start({ 'Buyers/1.csv': 'EMail,Name,Name\na@example.com,A,B\n' });
    expect((await previewSegment('Buyers')).columns).toEqual([
      { name: 'EMail', values: ['a@example.com'] },
      { name: 'Name', values: [] },
      { name: 'Name', values: [] },
    ]);
  });

  test('fails as the segment does', async () => {
    const { previewSegment } = start({ 'Buyers/1.csv': 'EMail\n' });
    expect(await failureOf(previewSegment('gone'))).toMatchObject({ code: 'segment-unknown' });
  });
});
