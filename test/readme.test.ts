// The README tells of every setting, and of none that is not there.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { settingNames } from '../shared/platform/settings';
import { projectRoot } from './support/project-root';

test('the table of settings in the README names every setting that the app reads, and no other', () => {
  const readme = readFileSync(join(projectRoot(), 'README.md'), 'utf8');
  const rows = [...readme.matchAll(/^\| `([A-Za-z_]+)` +\|/gm)].map(([, name]) => name);
  expect(rows.sort()).toEqual([...settingNames, 'AzureWebJobsStorage', 'SEGMENT_STORAGE'].sort());
});
