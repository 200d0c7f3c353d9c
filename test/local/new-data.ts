// `npm run new-data`: writes the sample segments of the running local stack anew, as a refresh of Customer Insights does, so that the app
// sees new data. Its argument is how many profiles they shall have.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeSample } from '../sample/sample';
import { uploadSample } from '../sample/upload';
import { blobConnectionString } from '../support/azurite';
import { projectRoot } from '../support/project-root';

/** The sample has every trap from so many profiles on. */
const leastProfiles = 1000;

async function main(): Promise<number> {
  const [, , asked = '100000', folder = join(projectRoot(), '.local')] = process.argv;
  const profiles = Number(asked);
  const seededFile = join(folder, 'seeded.json');
  if (!Number.isInteger(profiles) || profiles < leastProfiles) {
    console.error(`How many profiles? A whole number from ${leastProfiles} on: npm run new-data -- 20000`);
    return 1;
  }
  if (!existsSync(seededFile)) {
    console.error('There is no local stack yet. Start it first: npm start');
    return 1;
  }
  const { blobEndpoint } = JSON.parse(readFileSync(seededFile, 'utf8')) as { blobEndpoint: string };
  const sample = makeSample({ profiles, exportedAt: new Date() });
  await uploadSample(sample, blobConnectionString(blobEndpoint), 'customer-insights');
  console.log(
    `${sample.segments.join(' and ')} have new data, ${profiles.toLocaleString('en')} profiles in all. ` +
      'Exports that wait for new data start when it has settled: in a minute or two.',
  );
  return 0;
}

void main().then((code) => (process.exitCode = code));
