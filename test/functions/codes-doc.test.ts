// The codes that docs/http-api.md and docs/operations.md name are those of the code, all of them, and no other.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../support/project-root';

const root = projectRoot();
const read = (path: string) => readFileSync(join(root, path), 'utf8');

interface Source {
  readonly path: string;
  readonly text: string;
}

const sources: readonly Source[] = ['functions', 'shared'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => ({ path: `${folder}/${file}`, text: read(join(folder, file)) })),
);

const sorted = (codes: Iterable<string>) => [...new Set(codes)].toSorted();
const found = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, code = '']) => code);

/** Classes of errors with a code. */
const errors = sources.flatMap(({ text }) =>
  [...text.matchAll(/class (\w+) extends (\w+) \{\s*readonly code = '([a-z-]+)'/g)].map(
    ([, name = '', kind = '', code = '']) => ({ name, kind, code }),
  ),
);
const ofKind = (wanted: string) => errors.filter(({ kind }) => kind === wanted).map(({ code }) => code);

const refusalsOfRetry = [
  ...found(read('shared/runs/retry-run.ts'), /code: '([a-z-]+)'/g),
  ...found(read('shared/runs/retry-files.ts'), /code: '([a-z-]+)'/g),
];

/** `code status` of every problem but those of a segment and of a sign-in. */
const problems = sorted([
  ...sources.flatMap(({ text }) =>
    [...text.matchAll(/new Problem\(\s*(\d{3}),\s*'([a-z-]+)'/g)].map(
      ([, status = '', code = '']) => `${code} ${status}`,
    ),
  ),
  ...[
    ...found(
      read('functions/http/connections/connection-problem.ts'),
      /if \(((?:error instanceof \w+(?: \|\| )?)+)\)\s*return conflict\(/g,
    )
      .flatMap((condition) => found(condition, /instanceof (\w+)/g))
      .flatMap((name) => errors.filter((error) => error.name === name).map(({ code }) => code)),
    ...refusalsOfRetry,
  ].map((code) => `${code} 409`),
]);

const reasons = sorted([
  ...sources
    .filter(({ path }) => path.startsWith('shared/runs/') && path !== 'shared/runs/retry-run.ts')
    .flatMap(({ text }) => found(text, /(?:code: |\bfault\(\s*)'([a-z-]+)'/g)),
  ...found(read('shared/contacts/refusal.ts'), /code: '([a-z-]+)'/g),
  ...ofKind('SegmentFault'),
]);

const api = read('docs/http-api.md');
const operations = read('docs/operations.md');

/** What is between two lines that begin so. */
function part(text: string, from: string, to: string): string {
  const start = text.indexOf(`\n${from}`);
  const end = text.indexOf(`\n${to}`, start + 1);
  if (start < 0 || end < 0) throw new Error(`there is no part from “${from}” to “${to}”`);
  return text.slice(start, end);
}
const codesIn = (text: string) => found(text, /`([a-z]+(?:-[a-z]+)*)`/g);
const bullet = (text: string, start: string) =>
  part(text, start, '\n')
    .slice(1)
    .replace(/\n- [^]*$/, '');

const documentedReasons = part(api, 'Codes of `reason`:', '## ').replaceAll('`reason`', '');

test('the table of problems is that of the code, with their statuses', () => {
  const rows = [...part(api, '## Problems', '## Segments').matchAll(/^\| `([a-z-]+)` +\| (\d{3}) /gm)];
  expect(sorted(rows.map(([, code = '', status = '']) => `${code} ${status}`))).toEqual(problems);
});

test('the codes of a failed sign-in are those of the code', () => {
  expect(sorted(codesIn(bullet(api, '- of a sign-in:')))).toEqual(sorted(ofKind('SignInFailed')));
});

test('no problem gets its code in another way, in which it would be missed here', () => {
  const others = sources.flatMap(({ path, text }) =>
    [
      ...text.matchAll(/new Problem\((?!\s*\d{3},\s*')/g),
      ...text.matchAll(/new Problem\(\s*\d{3},\s*[^'\s]/g),
    ].map(() => path),
  );
  expect(sorted(others)).toEqual([
    'functions/http/connections/connection-problem.ts',
    'functions/http/runs/retry-run.ts',
    'functions/http/segments/list-segments.ts',
    'functions/http/segments/preview-segment.ts',
  ]);
});

test('the codes of a reason are those of the code', () => {
  expect(sorted(codesIn(documentedReasons))).toEqual(reasons);
});

test('a retry is refused for what the text about it names', () => {
  const text = part(api, '**Retrying** a run', '\n');
  expect(sorted(codesIn(text).filter((code) => code.includes('-')))).toEqual(sorted(refusalsOfRetry));
});

test.each([
  ['### failed', '### missed-schedule', reasons],
  ['## Rotate the client secret', '## Reconnect', reasons],
  ['## Reconnect', '## Restore', ['reconnect-needed', ...ofKind('SignInFailed')]],
])('operators read no code that there is not, under %s', (from, to, known) => {
  const named = codesIn(part(operations, from, to).replace(/```[^]*?```/g, ''));
  expect(named.length).toBeGreaterThan(0);
  expect(named.filter((code) => !known.includes(code))).toEqual([]);
});
