// Where exports are kept, and what one has to be.
import { exportSchema, type Export } from '../../shared/exports/export';
import { makeExportStore } from '../../shared/exports/export-store';
import { anExport } from '../runs/support/fixtures';
import { makeMemoryTable } from '../support/memory-tables';

test('an export is kept as it is, and all are listed', async () => {
  const exports = makeExportStore(makeMemoryTable());
  await exports.create(anExport({ id: 'two' }));
  await exports.create(anExport({ id: 'one' }));
  await expect(exports.get('one')).resolves.toEqual(anExport({ id: 'one' }));
  await expect(exports.get('three')).resolves.toBeUndefined();
  expect((await Array.fromAsync(exports.list())).map(({ id }) => id)).toEqual(['one', 'two']);
});

test('of two with one id, the first stays', async () => {
  const exports = makeExportStore(makeMemoryTable());
  await exports.create(anExport({ name: 'First' }));
  await expect(exports.create(anExport({ name: 'Second' }))).rejects.toThrow(
    'there is an export spring already',
  );
  await expect(exports.get('spring')).resolves.toMatchObject({ name: 'First' });
});

test.each<[string, Partial<Record<keyof Export, unknown>>]>([
  ['an id with a slash', { id: 'a/b' }],
  ['an id with a dash, which separates the parts of the id of a run', { id: 'a-b' }],
  ['a blank name', { name: ' ' }],
  ['a list id that is none', { listId: '1 or 2' }],
  ['no segment', { segments: [] }],
  ['more segments than 100', { segments: Array.from({ length: 101 }, (_, index) => `s${index}`) }],
  ['no column for the address', { mapping: { fields: {} } }],
  ['a field that nobody knows', { mapping: { email: 'Email', fields: { shoe_size: 'Size' } } }],
])('an export is refused with %s', async (_name, change) => {
  const exports = makeExportStore(makeMemoryTable());
  const wrong = { ...anExport(), ...change } as Export;
  expect(exportSchema.safeParse(wrong).success).toBe(false);
  await expect(exports.create(wrong)).rejects.toThrow();
});
