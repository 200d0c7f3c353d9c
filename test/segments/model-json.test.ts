// What is taken from a model.json, and what is said of one that cannot be used.
import { dialectOf } from '../../shared/segments/csv-format';
import { ModelInvalid } from '../../shared/segments/errors';
import { parseModel } from '../../shared/segments/model-json';
import { entity, model, type PartitionParts } from './model';

const parse = (text: string | Buffer) => parseModel(Buffer.from(text), 'export/model.json');

function dialect(partition: PartitionParts, backslashEscapes = false) {
  const [found] = parse(model([entity('Buyers', [partition])])).entities;
  if (found?.kind !== 'local') throw new Error(JSON.stringify(found));
  return dialectOf(found.partitions[0]!.format, { segment: 'Buyers', partition: 'part' }, backslashEscapes);
}

test('unknown and prefixed fields, a byte order mark and the case of data types do not matter', () => {
  const text = JSON.stringify({
    name: 'export',
    version: '1.0',
    'pbi:mashup': { fastCombine: false },
    culture: 'en-US',
    modifiedTime: '2026-02-03T04:05:06',
    entities: [
      {
        $type: 'LocalEntity',
        name: 'Buyers',
        'cdm:imports': [1],
        attributes: [{ name: 'EMail', dataType: 'STRING', 'cdm:traits': [] }, { name: 'Odd', dataType: 'rainbow' }, { name: 'At', dataType: 'DateTimeOffset' }],
        partitions: [{ name: 'p', location: null, refreshTime: '2026-02-03T04:05:06.1234567+01:00', annotations: [] }],
      },
    ],
  }); // prettier-ignore
  expect(parse(`\ufeff${text}`)).toEqual({
    modifiedTime: '2026-02-03T04:05:06.000Z',
    entities: [
      {
        kind: 'local',
        name: 'Buyers',
        attributes: [{ name: 'EMail' }, { name: 'Odd' }, { name: 'At' }],
        partitions: [
          expect.objectContaining({
            name: 'p',
            location: undefined,
            refreshTime: '2026-02-03T03:05:06.123Z',
          }),
        ],
      },
    ],
  });
});

test.each([
  ['{"name":"x","version":"1.0","entities":[', 'it is not JSON (perhaps it is not completely written)'],
  ['{"name":"x","version":"1.0","tables":[]}', 'it has "tables" where a model has "entities"'],
  ['{"name":"x","version":"1.0"}', 'entities: '],
  ['{"name":"x","version":"2.0","entities":[]}', 'version: is not 1.0'],
  ['{"name":"x","version":"1.0","entities":[{"attributes":[]}]}', 'entities.0.name: '],
  [Buffer.from('\ufeff{}', 'utf16le'), 'it is not in UTF-8'],
])('%s is no model, and the error says why and where', (text, fault) => {
  expect(() => parse(text)).toThrow(ModelInvalid);
  expect(() => parse(text)).toThrow(/^"export\/model\.json" cannot be used: /);
  expect(() => parse(text)).toThrow(fault);
});

test('an entity that is wrong spoils itself, not the others', () => {
  const partition = { location: 'a.csv', fileFormatSettings: { columnHeaders: 'perhaps' } };
  const { entities } = parse(
    model([
      entity('Wrong', [partition]),
      { $type: 'ReferenceEntity', name: 'Elsewhere', source: 'x' },
      entity('Right', []),
    ]),
  );
  expect(entities).toEqual([
    {
      kind: 'invalid',
      name: 'Wrong',
      faults: [expect.stringContaining('entities.0.partitions.0.fileFormatSettings.columnHeaders')],
    },
    { kind: 'reference', name: 'Elsewhere' },
    expect.objectContaining({ kind: 'local', name: 'Right', partitions: [] }),
  ]);
});

describe('the format of a partition', () => {
  test('without settings is the documented default: comma, UTF-8, quotes anywhere, no header', () => {
    const expected = {
      delimiter: ',',
      quotes: 'always',
      backslashEscapes: false,
      header: false,
      encoding: 'utf-8',
    };
    expect(dialect({})).toEqual(expected);
    expect(dialect({ fileFormatSettings: null })).toEqual(expected);
    expect(dialect({ fileFormatSettings: { $type: 'CsvFormatSettings' } })).toEqual(expected);
  });

  test.each([
    [true, true],
    [false, false],
    ['false', false],
    ['True', true],
  ])('columnHeaders %j means %j', (columnHeaders, header) => {
    expect(dialect({ fileFormatSettings: { columnHeaders } }).header).toBe(header);
  });

  test.each([
    [{ quoteStyle: 'QuoteStyle.None' }, 'never'],
    [{ quoteStyle: 'QuoteStyle.Csv', csvStyle: 'CsvStyle.QuoteAfterDelimiter' }, 'after-delimiter'],
    [{ quoteStyle: 'Csv', csvStyle: 'QuoteAlways' }, 'always'],
    [{ quoteStyle: 'QuoteStyle.None', csvStyle: 'CsvStyle.QuoteAlways' }, 'never'],
  ])('%j quotes %s', (fileFormatSettings, quotes) => {
    expect(dialect({ fileFormatSettings }).quotes).toBe(quotes);
  });

  test.each([
    ['UTF-8', 'utf-8'],
    ['ASCII', 'us-ascii'],
    ['Windows-1252', 'windows-1252'],
    ['unicode', 'utf-16le'],
    ['Shift_JIS', 'shift_jis'],
  ])('the encoding %s is %s', (encoding, label) => {
    expect(dialect({ fileFormatSettings: { encoding } }).encoding).toBe(label);
  });

  test('the trait is.partition.format.CSV says what the settings leave out', () => {
    const traits = (values: Record<string, unknown>) => [
      'is.partition',
      {
        traitReference: 'is.partition.format.CSV',
        arguments: Object.entries(values).map(([name, value]) => ({ name, value })),
      },
    ];
    const trait = traits({
      columnHeaders: 'true',
      delimiter: '\\t',
      escape: '\\',
      quote: '"',
      newline: '\n',
      encoding: 'latin1',
      skipLines: '0',
    });
    expect(dialect({ 'cdm:traits': trait })).toEqual({
      delimiter: '\t',
      quotes: 'always',
      backslashEscapes: true,
      header: true,
      encoding: 'windows-1252',
    });
    expect(
      dialect({ 'cdm:traits': trait, fileFormatSettings: { delimiter: ';', columnHeaders: false } }),
    ).toMatchObject({ delimiter: ';', header: false });
    expect(dialect({ 'cdm:traits': traits({ quote: '' }) }).quotes).toBe('never');
  });

  test('backslash escapes are on where a setting or the trait says so, and nowhere else', () => {
    expect(dialect({}).backslashEscapes).toBe(false);
    expect(dialect({}, true).backslashEscapes).toBe(true);
  });

  test.each<[PartitionParts, string, string]>([
    [
      { fileFormatSettings: { delimiter: '||' } },
      'format-unsupported',
      'delimiter is not one ASCII character',
    ],
    [
      { fileFormatSettings: { delimiter: '"' } },
      'format-unsupported',
      'delimiter is not one ASCII character',
    ],
    [
      { fileFormatSettings: { delimiter: '§' } },
      'format-unsupported',
      'delimiter is not one ASCII character',
    ],
    [
      { fileFormatSettings: { $type: 'ParquetFormatSettings' } },
      'format-unsupported',
      'it is "ParquetFormatSettings", not CSV',
    ],
    [
      { fileFormatSettings: { quoteStyle: 'QuoteStyle.Odd' } },
      'format-unsupported',
      'quoteStyle is not known',
    ],
    [{ fileFormatSettings: { csvStyle: 'Odd' } }, 'format-unsupported', 'csvStyle is not known'],
    [
      { fileFormatSettings: { encoding: 'EBCDIC' } },
      'encoding-unknown',
      'the encoding "EBCDIC", which is not known',
    ],
    [
      {
        'cdm:traits': [
          { traitReference: 'is.partition.format.CSV', arguments: [{ name: 'quote', value: "'" }] },
        ],
      },
      'format-unsupported',
      'quote character',
    ],
    [
      {
        'cdm:traits': [
          { traitReference: 'is.partition.format.CSV', arguments: [{ name: 'skipLines', value: 2 }] },
        ],
      },
      'format-unsupported',
      'lines to skip',
    ],
    [
      {
        'cdm:traits': [
          { traitReference: 'is.partition.format.CSV', arguments: [{ name: 'newline', value: '\r' }] },
        ],
      },
      'format-unsupported',
      'lines do not end',
    ],
    [
      {
        'cdm:traits': [
          { traitReference: 'is.partition.format.CSV', arguments: [{ name: 'escape', value: '^' }] },
        ],
      },
      'format-unsupported',
      'escape character',
    ],
  ])('%j is refused, naming segment and partition', (partition, code, sentence) => {
    let failure: unknown;
    try {
      dialect(partition);
    } catch (error) {
      failure = error;
    }
    expect(failure).toMatchObject({ code, segment: 'Buyers', partition: 'part' });
    expect((failure as Error).message).toContain(sentence);
  });
});
