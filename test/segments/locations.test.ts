// Which blob a location means, and which locations are refused.
import fc from 'fast-check';
import { locate } from '../../shared/segments/locations';

const azure = {
  containerUrl: 'https://account.blob.core.windows.net/segments',
  root: 'ci/',
  folder: 'ci/export/',
};
const azurite = {
  containerUrl: 'http://127.0.0.1:10000/devstoreaccount1/segments',
  root: 'ci/',
  folder: 'ci/',
};
const host = 'https://account.blob.core.windows.net';

test.each([
  [`${host}/segments/ci/export/a/a_1.csv`, 'ci/export/a/a_1.csv'],
  ['https://account.dfs.core.windows.net/segments/ci/a.csv', 'ci/a.csv'],
  ['https://ACCOUNT.Blob.Core.Windows.Net:443/Segments/ci/a.csv', 'ci/a.csv'],
  [`${host}/segments/ci/J%C3%BCrgen%20%231.csv`, 'ci/Jürgen #1.csv'],
  [`${host}/segments/ci%2Fexport%2Fa.csv`, 'ci/export/a.csv'],
  [`${host}/segments/ci/a b.csv`, 'ci/a b.csv'],
  [`${host}/segments/ci/a.csv?sv=2022-11-02&sp=r&sig=abc%3D`, 'ci/a.csv'],
  ['a/a_1.csv', 'ci/export/a/a_1.csv'],
  ['a%20b.csv', 'ci/export/a b.csv'],
])('%s is the blob %s', (location, blob) => {
  expect(locate(location, azure)).toEqual({ blob, snapshot: undefined });
});

test('a snapshot is named with its time', () => {
  const taken = '2026-01-02T03:04:05.1234567Z';
  expect(locate(`${host}/segments/ci/a.csv?snapshot=${taken}`, azure)).toEqual({
    blob: 'ci/a.csv',
    snapshot: new Date(taken),
  });
});

test("Azurite's account stands in the path, and its port may be another one than when the model was written", () => {
  expect(locate('http://127.0.0.1:41234/devstoreaccount1/segments/ci/a.csv', azurite)).toMatchObject({
    blob: 'ci/a.csv',
  });
  expect(locate('http://localhost:10000/devstoreaccount1/segments/ci/a.csv', azurite)).toMatchObject({
    blob: 'ci/a.csv',
  });
  expect(locate('http://127.0.0.1:10000/other/segments/ci/a.csv', azurite)).toEqual({
    refused: 'names another container',
  });
  expect(locate('http://127.0.0.1:10000/segments/ci/a.csv', azurite)).toEqual({
    refused: 'names another container',
  });
  expect(locate(`${host}/devstoreaccount1/segments/ci/a.csv`, azurite)).toEqual({
    refused: 'names another storage account',
  });
});

test.each([
  ['https://other.blob.core.windows.net/segments/ci/a.csv', 'names another storage account'],
  ['https://account.blob.core.windows.net.evil.example/segments/ci/a.csv', 'names another storage account'],
  ['https://account.queue.core.windows.net/segments/ci/a.csv', 'names another storage account'],
  ['https://account.blob.core.windows.net:8443/segments/ci/a.csv', 'names another storage account'],
  ['https://user@account.blob.core.windows.net/segments/ci/a.csv', 'names another storage account'],
  ['http://account.blob.core.windows.net/segments/ci/a.csv', 'names another storage account'],
  ['http://169.254.169.254/segments/ci/a.csv', 'names another storage account'],
  ['http://127.0.0.1:10000/segments/ci/a.csv', 'names another storage account'],
  ['abfss://segments@account.dfs.core.windows.net/ci/a.csv', 'names another storage account'],
  ['file:///segments/ci/a.csv', 'names another storage account'],
  [`${host}/other/ci/a.csv`, 'names another container'],
  [`${host}/segments-2/ci/a.csv`, 'names another container'],
  [`${host}/segments`, 'names another container'],
  [`${host}/segments/`, 'holds "..", a backslash or another character that has no place in a path'],
  [`${host}/segments/other/a.csv`, 'lies outside of the configured prefix'],
  [`${host}/segments/cinema/a.csv`, 'lies outside of the configured prefix'],
  [
    `${host}/segments/ci/../other/a.csv`,
    'holds "..", a backslash or another character that has no place in a path',
  ],
  [
    `${host}/segments/ci/%2e%2e/other/a.csv`,
    'holds "..", a backslash or another character that has no place in a path',
  ],
  [
    `${host}/segments/ci%2F..%2Fother/a.csv`,
    'holds "..", a backslash or another character that has no place in a path',
  ],
  [
    `${host}/segments/ci/%252e%252e%252fother/a.csv`,
    'holds "..", a backslash or another character that has no place in a path',
  ],
  [
    `${host}/segments/ci/..%5Cother/a.csv`,
    'holds "..", a backslash or another character that has no place in a path',
  ],
  [
    `${host}/segments/ci/a%00.csv`,
    'holds "..", a backslash or another character that has no place in a path',
  ],
  ['../../other/a.csv', 'holds "..", a backslash or another character that has no place in a path'],
  ['..', 'holds "..", a backslash or another character that has no place in a path'],
  ['/segments/ci/a.csv', 'is neither a web address nor a relative path'],
  ['//evil.example/segments/ci/a.csv', 'is neither a web address nor a relative path'],
  ['', 'is neither a web address nor a relative path'],
  ['https:a.csv', 'is neither a web address nor a relative path'],
  [`${host}/segments/ci/a%zz.csv`, 'is not properly percent-encoded'],
  [`${host}/segments/ci/a.csv?snapshot=yesterday`, 'names a snapshot whose time cannot be read'],
  [`${host}/segments/ci/a.csv?versionid=2026-01-02T03:04:05.1234567Z`, 'names an older version of the file'],
])('%s is refused: it %s', (location, refused) => {
  expect(locate(location, azure)).toEqual({ refused });
});

test('whatever the location, a blob that is found lies below the prefix, also after a URL parser has resolved its path', () => {
  const part = fc.constantFrom(
    host,
    '/',
    'segments',
    'ci',
    '..',
    '.',
    '%2e',
    '%2f',
    '%5c',
    '\\',
    '%25',
    '2e',
    ' ',
    'a.csv',
    '?',
    '#',
    ':',
    '@',
    '//',
    'https:',
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 10 }), fc.boolean(), (parts, isUrl) => {
      const found = locate((isUrl ? `${host}/segments/ci/` : '') + parts.join(''), azure);
      if ('refused' in found) return;
      const resolved = new URL(
        `${host}/segments/${encodeURI(found.blob).replaceAll('?', '%3F').replaceAll('#', '%23')}`,
      ).pathname;
      expect(found.blob.startsWith('ci/')).toBe(true);
      expect(decodeURIComponent(resolved)).toBe(`/segments/${found.blob}`);
    }),
    { numRuns: 3000 },
  );
});
