// What becomes of each row: contact, duplicate or rejected; and when nothing is to be sent.
import fc from 'fast-check';
import { cleanValue } from '../../shared/contacts/values';
import { readAddress } from '../../shared/contacts/address';
import type { Mapping } from '../../shared/contacts/mapping';
import { oneShard, type Row, type SegmentRows } from './feeder';
import { folder, linesOf, prepared, receive, run } from './prepared';

const names: Mapping = { email: 'Email', fields: { first_name: 'First', last_name: 'Last' } };
const columns = ['Id', 'Email', 'First', 'Last'];
const people = (count: number, prefix = 'p'): Row[] =>
  Array.from({ length: count }, (_, index) => [`${index}`, `${prefix}${index}@example.com`, 'Ann', 'Lee']);

describe('the winner among rows with one address', () => {
  it('is the first valid one, by segment, shard and row', async () => {
    const segments: SegmentRows[] = [
      {
        name: 'second-by-name',
        columns,
        shards: [
          {
            name: 'b',
            rows: [
              ['1', 'broken@', 'No', 'No'],
              ['2', ' JOE@example.com ', 'First', 'One'],
            ],
          },
          {
            name: 'a',
            rows: [
              ['3', 'joe@example.com', 'Other', 'One'],
              ['4', 'ann@example.com', 'Ann', ''],
            ],
          },
        ],
      },
      {
        name: 'first-by-name',
        columns,
        shards: [
          {
            name: 'a',
            rows: [
              ['5', 'ann@EXAMPLE.com', 'Later', 'Lee'],
              ['6', 'max@example.com', '', ''],
            ],
          },
        ],
      },
    ];
    const { store, manifest } = await prepared(segments, names);
    expect([...receive(store, manifest).people]).toEqual(
      expect.arrayContaining([
        ['joe@example.com', { first_name: 'First', last_name: 'One' }],
        ['ann@example.com', { first_name: 'Ann' }],
        ['max@example.com', {}],
      ]),
    );
    expect(manifest.counts).toEqual({ read: 6, contacts: 3, duplicate: 2, rejected: 1 });
    expect(manifest.segments).toEqual([
      { name: 'second-by-name', counts: { read: 4, contacts: 2, duplicate: 1, rejected: 1 } },
      { name: 'first-by-name', counts: { read: 2, contacts: 1, duplicate: 1, rejected: 0 } },
    ]);
  });

  it('is the same person for an address that came with other letters or a quote', async () => {
    const rows = [
      ['1', 'O"Neill@example.com', 'A', ''],
      ['2', 'o"neill@EXAMPLE.com', 'B', ''],
      ['3', 'É@example.com', 'C', ''],
      ['4', 'é@example.com', 'D', ''],
    ];
    const { store, manifest } = await prepared(oneShard(columns, rows), names);
    expect(manifest.counts).toMatchObject({ contacts: 2, duplicate: 2 });
    expect(Object.fromEntries(receive(store, manifest).people)).toEqual({
      'o"neill@example.com': { first_name: 'A' },
      'é@example.com': { first_name: 'C' },
    });
  });
});

describe('the counts', () => {
  it('add up and the files hold the valid, distinct people with the winner’s values, whatever the segments hold', async () => {
    const address = fc.oneof(
      fc.constantFrom('a@example.com', ' A@Example.com', 'b@example.com', 'é@example.com', 'c"c@example.com'),
      fc.constantFrom('', ' ', 'a', 'a@b', 'a b@example.com', 'a,b@example.com', '@example.com'),
      fc.string({ minLength: 1, maxLength: 6 }).map((local) => `${local}@example.com`),
    );
    const value = fc.oneof(
      fc.constantFrom('', ' ', 'Ann', 'Smith, Joe', '"', '\r\n', '=1+1'),
      fc.string({ unit: 'binary', maxLength: 70 }),
    );
    const row: fc.Arbitrary<Row> = fc.oneof(
      { weight: 9, arbitrary: fc.tuple(fc.constant('id'), address, value, value) },
      { weight: 1, arbitrary: fc.constant({ malformed: 'wrong-width' as const }) },
    );
    const shards = fc.array(fc.array(row, { maxLength: 12 }), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(fc.array(shards, { minLength: 1, maxLength: 3 }), async (contents) => {
        const segments = contents.map((rowsOfShards, index) => ({
          name: `s${index}`,
          columns,
          shards: rowsOfShards.map((rows, place) => ({ name: `s${index}_${place}`, rows })),
        }));
        const { store, manifest } = await prepared(segments, names, {
          limits: { maxContacts: 1_000, maxMalformedShare: 1 },
        });

        const expected = new Map<string, Record<string, string>>();
        const counts = { read: 0, contacts: 0, duplicate: 0, rejected: 0 };
        for (const one of contents.flat(2)) {
          counts.read++;
          const verdict = 'malformed' in one ? { reason: one.malformed } : readAddress(one[1] ?? '');
          if ('reason' in verdict) counts.rejected++;
          else if (expected.has(verdict.address)) counts.duplicate++;
          else {
            const [, , first = '', last = ''] = one as readonly string[];
            const values = { first_name: cleanValue(first, 50).value, last_name: cleanValue(last, 50).value };
            counts.contacts++;
            expected.set(
              verdict.address,
              Object.fromEntries(Object.entries(values).filter(([, text]) => text !== '')),
            );
          }
        }
        const received = receive(store, manifest);
        expect(new Map([...received.people].sort())).toEqual(new Map([...expected].sort()));
        expect(received.blankCells).toBe(0);
        expect(manifest.counts).toEqual(counts);
        expect(Object.values(manifest.rejectedByReason).reduce((sum, count) => sum + count, 0)).toBe(
          counts.rejected,
        );
        expect(linesOf(store, manifest.rejects)).toHaveLength(counts.rejected);
        for (const what of ['read', 'contacts', 'duplicate', 'rejected'] as const) {
          expect(manifest.segments.reduce((sum, segment) => sum + segment.counts[what], 0)).toBe(
            counts[what],
          );
        }
      }),
      { numRuns: 150 },
    );
  });

  it('say how often a value was cut, by field', async () => {
    const rows = [
      ['1', 'a@example.com', 'x'.repeat(51), 'y'.repeat(50)],
      ['2', 'b@example.com', 'é'.repeat(60), ''],
    ];
    const { store, manifest } = await prepared(oneShard(columns, rows), names);
    expect(manifest.cutByField).toEqual({ first_name: 2 });
    expect(receive(store, manifest).people.get('b@example.com')).toEqual({ first_name: 'é'.repeat(50) });
  });

  it('cover a segment without rows: there is nothing to send, and a rejects file with a header only', async () => {
    const { store, manifest } = await prepared(oneShard(columns, []), names);
    expect(manifest).toMatchObject({
      counts: { read: 0, contacts: 0 },
      batches: [],
      cutByField: {},
      rejectedByReason: {},
    });
    expect(store.text(manifest.rejects)).toBe('\uFEFFsegment,shard,row,column,reason,profile_id,address\r\n');
    expect(manifest.leftOutByField).toBeUndefined();
  });
});

describe('what is sent', () => {
  it('keeps values that a spreadsheet would run, quotes what needs quotes, and has no blank cell', async () => {
    const rows = [
      ['1', '=a@example.com', '=1+1', '@x'],
      ['2', 'b@example.com', 'Smith, "Joe"', 'a\r\nb'],
      ['3', 'c@example.com', '', 'Lee'],
    ];
    const { store, manifest } = await prepared(oneShard(columns, rows), names);
    expect(manifest.batches.map(({ blob }) => store.text(blob))).toEqual([
      'email,first_name,last_name\r\n=a@example.com,=1+1,@x\r\nb@example.com,"Smith, ""Joe""",a b\r\n',
      'email,last_name\r\nc@example.com,Lee\r\n',
    ]);
    expect(manifest.batches.map(({ blob }) => blob)).toEqual([
      `${folder}x1/batch-0-0001.csv`,
      `${folder}x1/batch-0-0002.csv`,
    ]);
  });

  it('has the birthday whole or not at all', async () => {
    const rows = [
      ['a@example.com', '1', '2'],
      ['b@example.com', '', '2'],
      ['c@example.com', '3', ' '],
      ['d@example.com', '', ''],
    ];
    const segments = oneShard(['Email', 'Day', 'Month'], rows);
    const { store, manifest } = await prepared(segments, {
      email: 'Email',
      fields: { birthday_day: 'Day', birthday_month: 'Month' },
    });
    expect(Object.fromEntries(receive(store, manifest).people)).toEqual({
      'a@example.com': { birthday_day: '1', birthday_month: '2' },
      'b@example.com': {},
      'c@example.com': {},
      'd@example.com': {},
    });
    expect(manifest.leftOutByField).toEqual({ birthday_day: 1, birthday_month: 1 });

    const half = await prepared(segments, { email: 'Email', fields: { birthday_day: 'Day' } });
    expect(half.manifest.batches.map((batch) => batch.columns)).toEqual([['email']]);
    expect(half.manifest.leftOutByField).toEqual({ birthday_day: 2 });
  });

  it('has an anniversary in a form that Constant Contact takes, or not at all', async () => {
    const rows = [
      ['iso@example.com', '1971-09-29T00:00:00.000Z', 'Iso'],
      ['plain@example.com', ' 1971-09-29 ', ''],
      ['american@example.com', '9/29/1971', ''],
      ['no-day@example.com', '1971-02-29', 'No'],
      ['words@example.com', 'soon, "perhaps"', ''],
      ['longer@example.com', `1971-09-29T00:00:00.${'0'.repeat(60)}Z`, 'Long'],
      ['blank@example.com', '\u00A0', ''],
    ];
    const segments = oneShard(['Email', 'Since', 'Name'], rows);
    const { store, manifest } = await prepared(segments, {
      email: 'Email',
      fields: { anniversary: 'Since', first_name: 'Name' },
    });
    const { people, blankCells } = receive(store, manifest);
    expect(Object.fromEntries(people)).toEqual({
      'iso@example.com': { anniversary: '1971-09-29', first_name: 'Iso' },
      'plain@example.com': { anniversary: '1971-09-29' },
      'american@example.com': { anniversary: '9/29/1971' },
      'no-day@example.com': { first_name: 'No' },
      'words@example.com': {},
      'longer@example.com': { first_name: 'Long' },
      'blank@example.com': {},
    });
    expect(blankCells).toBe(0);
    expect(manifest).toMatchObject({ cutByField: {}, leftOutByField: { anniversary: 3 } });
  });

  it('has the birthday as a day that there is, out of numbers or dates', async () => {
    const rows = [
      ['numbers@example.com', '17', '9'],
      ['padded@example.com', ' 07 ', '\u00A009'],
      ['decimals@example.com', '17.0', '9.0'],
      ['leap-day@example.com', '29', '2'],
      ['dates@example.com', '1971-09-29T00:00:00.000Z', '1971-09-29'],
      ['mixed@example.com', '31', '1971-12-29 00:00:00'],
      ['no-day@example.com', '30', '2'],
      ['name@example.com', '17', 'September'],
      ['noughts@example.com', '0', '0'],
      ['not-whole@example.com', '1.5', '9'],
      ['swapped@example.com', '9', '17'],
      ['half@example.com', '', '1971-09-29T00:00:00.000Z'],
    ];
    const segments = oneShard(['Email', 'Day', 'Month'], rows);
    const fields = { birthday_day: 'Day', birthday_month: 'Month', 'cf:day': 'Day', 'cf:month': 'Month' };
    const { store, manifest } = await prepared(segments, { email: 'Email', fields });
    const { people, blankCells } = receive(store, manifest);
    const birthdays = [...people].map(([email, { birthday_day: day, birthday_month: month }]) => [
      email.split('@')[0],
      day === undefined && month === undefined ? null : `${day} ${month}`,
    ]);
    expect(Object.fromEntries(birthdays)).toEqual({
      numbers: '17 9',
      padded: '7 9',
      decimals: '17 9',
      'leap-day': '29 2',
      dates: '29 9',
      mixed: '31 12',
      'no-day': null,
      name: null,
      noughts: null,
      'not-whole': null,
      swapped: null,
      half: null,
    });
    // Custom fields are text, whatever stands in them.
    expect(people.get('dates@example.com')).toMatchObject({ 'cf:day': '1971-09-29T00:00:00.000Z' });
    expect(people.get('noughts@example.com')).toEqual({ 'cf:day': '0', 'cf:month': '0' });
    expect(blankCells).toBe(0);
    expect(manifest.leftOutByField).toEqual({ birthday_day: 5, birthday_month: 6 });
  });

  it('fills two fields from one column, and leaves blank what a segment has no column for', async () => {
    const segments: SegmentRows[] = [
      { name: 'a', columns: ['Email', 'Name'], shards: [{ name: 'a1', rows: [['a@example.com', 'Ann']] }] },
      { name: 'b', columns: ['Email'], shards: [{ name: 'b1', rows: [['b@example.com']] }] },
    ];
    const { store, manifest } = await prepared(segments, {
      email: 'Email',
      profileId: 'Name',
      fields: { first_name: 'Name', 'cf:nick': 'Name' },
    });
    expect(Object.fromEntries(receive(store, manifest).people)).toEqual({
      'a@example.com': { first_name: 'Ann', 'cf:nick': 'Ann' },
      'b@example.com': {},
    });
  });

  it('is nothing when a mapped column is in no segment: the reader’s error passes through', async () => {
    const segments = oneShard(['Email'], [['a@example.com']]);
    await expect(prepared(segments, { email: 'Email', fields: { first_name: 'Forename' } })).rejects.toThrow(
      'no column Forename',
    );
    await expect(prepared(segments, { email: 'EMail', fields: {} })).rejects.toThrow('no column EMail');
  });
});

describe('the rejects file', () => {
  const rows: Row[] = [
    ['=cmd', 'Joe Doe@example.com', '', ''],
    { malformed: 'bad-encoding' },
    ['7', 'ok@example.com', '', ''],
    ['+8', '', '', ''],
    ['joe@example.com', '=joe', '', ''],
  ];
  const withId: Mapping = { ...names, profileId: 'Id' };

  it('names the place, the reason and the profile, masks addresses and disarms formulas', async () => {
    const { store, manifest } = await prepared(oneShard(columns, rows), withId, {
      limits: { maxContacts: 9, maxMalformedShare: 1 },
    });
    expect(store.text(manifest.rejects)).toBe(
      [
        '\uFEFFsegment,shard,row,column,reason,profile_id,address',
        "buyers,buyers_1.csv,1,Email,The address has a space in it.,'=cmd,J***@e***.com",
        'buyers,buyers_1.csv,2,,The row has bytes that the encoding of the file does not allow.,,',
        "buyers,buyers_1.csv,4,Email,There is no address.,'+8,",
        "buyers,buyers_1.csv,5,Email,The address does not have exactly one @.,j***@e***.com,'=***",
        '',
      ].join('\r\n'),
    );
    expect(store.blobs.get(manifest.rejects)?.contentType).toBe('text/csv; charset=utf-8');
    expect(manifest.rejectedByReason).toEqual({
      'address-space': 1,
      'bad-encoding': 1,
      'address-blank': 1,
      'address-at-sign': 1,
    });
  });

  it('shows addresses in clear when the export asks for them', async () => {
    const { store, manifest } = await prepared(oneShard(columns, rows), withId, {
      addressesInClear: true,
      limits: { maxContacts: 9, maxMalformedShare: 1 },
    });
    expect(linesOf(store, manifest.rejects).map(({ profile_id, address }) => [profile_id, address])).toEqual([
      ["'=cmd", 'Joe Doe@example.com'],
      ['', ''],
      ["'+8", ''],
      ['joe@example.com', "'=joe"],
    ]);
  });

  it('leaves the profile blank when none is mapped, and shortens endless values', async () => {
    const { store, manifest } = await prepared(oneShard(columns, [['1', 'x'.repeat(5_000), '', '']]), names, {
      addressesInClear: true,
    });
    expect(linesOf(store, manifest.rejects)).toMatchObject([
      { profile_id: '', address: `${'x'.repeat(200)}…` },
    ]);
  });

  it('has every rejected row, also when they are many', async () => {
    const many = Array.from({ length: 20_000 }, (_, index) => [`${index}`, `nobody ${index}`, '', '']);
    const { store, manifest } = await prepared(oneShard(columns, many), names);
    expect(linesOf(store, manifest.rejects).map(({ row }) => Number(row))).toEqual(
      many.map((_, index) => index + 1),
    );
  });
});

describe('nothing is to be sent', () => {
  it('when there are more contacts than the limit; both numbers are named', async () => {
    const { store, result } = await run(
      oneShard(columns, [...people(25), ...people(25), ['9', 'bad', '', '']]),
      names,
      {
        limits: { maxContacts: 24, maxMalformedShare: 0 },
      },
    );
    expect(result).toEqual({
      kind: 'refused',
      reason: {
        code: 'too-many-contacts',
        sentence:
          'Over the limit: the segments have 25 contacts, and the limit is 24. Choose smaller segments, or raise the limit.',
        contacts: 25,
        countedAll: true,
        limit: 24,
      },
      counted: {
        counts: { read: 51, contacts: 25, duplicate: 25, rejected: 1 },
        rejectedByReason: { 'address-at-sign': 1 },
      },
      rejects: `${folder}x1/rejects.csv`,
    });
    expect(store.names()).toEqual([`${folder}x1/rejects.csv`]);
    expect(linesOf(store, `${folder}x1/rejects.csv`)).toHaveLength(1);
  });

  it('but everything when there are exactly as many as the limit', async () => {
    const { manifest } = await prepared(oneShard(columns, people(25)), names, {
      limits: { maxContacts: 25, maxMalformedShare: 0 },
    });
    expect(manifest.counts.contacts).toBe(25);
  });

  it('when there are far more contacts than the limit; then they are not counted to the end', async () => {
    const { store, result } = await run(oneShard(columns, people(1_000)), names, {
      limits: { maxContacts: 100, maxMalformedShare: 0 },
    });
    expect(result).toMatchObject({ reason: { contacts: 300, countedAll: false, limit: 100 } });
    expect(result).not.toHaveProperty('counted');
    expect(result.kind === 'refused' && result.reason.sentence).toContain('more than 300 contacts');
    expect(store.names()).toEqual([`${folder}x1/rejects.csv`]);
  });

  it('when too many rows are malformed; the worst shard is named with its figures', async () => {
    const bad: Row = { malformed: 'wrong-width' };
    const segments: SegmentRows[] = [
      { name: 'a', columns, shards: [{ name: 'a1', rows: [...people(40), bad] }] },
      {
        name: 'b',
        columns,
        shards: [
          { name: 'b1', rows: people(40) },
          { name: 'b2', rows: [...people(14), bad, bad, bad, bad, bad] },
        ],
      },
    ];
    const { store, result } = await run(segments, names);
    expect(result).toEqual({
      kind: 'refused',
      reason: {
        code: 'too-many-malformed-rows',
        sentence:
          '6 of 100 rows (6 %) cannot be read, and at most 5 % may be so. Most of them are in segment b, shard b2: 5 of 19. ' +
          'The rejects file names the rows; correct them at their source.',
        malformed: 6,
        read: 100,
        maxShare: 0.05,
        segment: 'b',
        shard: 'b2',
        malformedInShard: 5,
        readInShard: 19,
      },
      counted: {
        counts: { read: 100, contacts: 40, duplicate: 54, rejected: 6 },
        rejectedByReason: { 'wrong-width': 6 },
      },
      rejects: `${folder}x1/rejects.csv`,
    });
    expect(store.names()).toEqual([`${folder}x1/rejects.csv`]);
    expect(linesOf(store, `${folder}x1/rejects.csv`)).toHaveLength(6);
  });

  it('but everything when just as many rows are malformed as may be, however many addresses are bad', async () => {
    const rows: Row[] = [
      ...people(4),
      ...Array.from({ length: 15 }, (): Row => ['1', 'bad', '', '']),
      { malformed: 'too-long' },
    ];
    const { manifest } = await prepared(oneShard(columns, rows), names);
    expect(manifest.counts).toEqual({ read: 20, contacts: 4, duplicate: 0, rejected: 16 });
  });
});
