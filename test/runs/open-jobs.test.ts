// Jobs that stay open at Constant Contact for long: nobody is in two of them at once.
import { containerUrl, startAppInMemory, type AppInMemory } from '../support/app-in-memory';
import { jobsOf, outcomeOf } from '../under-fire/small-export';

const hour = 3_600_000;
let app: AppInMemory;
afterEach(() => app.stop());

const fields = ['first_name', 'last_name', 'company_name', 'job_title', 'city'];

/** An export of 31 people, each of whom fills other columns: one job with the addresses alone, then one wave after another. */
async function makeExportOfWaves(): Promise<string> {
  const rows = Array.from({ length: 31 }, (_, nth) => {
    const cells = fields.map((field, bit) => (((nth + 1) >> bit) & 1 ? `${field}${nth}` : ''));
    return [`person${nth}@example.com`, ...cells].join(',');
  });
  const csv = [['Email', ...fields].join(','), ...rows, ''].join('\n');
  await app.segments.write('everybody.csv', csv, 'text/csv');
  const entity = {
    $type: 'LocalEntity',
    name: 'Everybody',
    attributes: ['Email', ...fields].map((name) => ({ name, dataType: 'string' })),
    partitions: [
      {
        name: 'Everybody',
        location: `${containerUrl}/everybody.csv`,
        fileFormatSettings: { columnHeaders: true },
      },
    ],
  };
  const model = JSON.stringify({ name: 'export', version: '1.0', entities: [entity] });
  await app.segments.write('model.json', model, 'application/json');
  const mapping = { email: 'Email', fields: Object.fromEntries(fields.map((field) => [field, field])) };
  return (await app.makeExport({ mapping, segments: ['Everybody'] })).id;
}

test('the job of the addresses does not end in time: no columns are sent after it, and a warning says so', async () => {
  app = await startAppInMemory();
  const exportId = await makeExportOfWaves();
  app.constantContact.failJob({ fileName: '-1-1', milliseconds: 2 * hour });
  const run = await app.run(exportId);
  expect(jobsOf(app)).toEqual(['1-1']);
  expect(outcomeOf(run)).toEqual({
    status: 'Completed with warnings',
    reason: 'warnings',
    counts: { read: 31, unconfirmed: 31 },
  });
  expect(run.warnings[0]).toMatch(/^The columns of later waves were not sent/);
});
