// Where the recorded histories lie: a folder for each version of the orchestrations.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { projectRoot } from '../support/project-root';

const root = join(projectRoot(), 'test/fixtures/run-histories');

/** Two numbers: text without a dot would be compared as text, and "10" would be older than "9". */
const versionSchema = z.string().regex(/^\d+\.\d+$/);
const hostJsonSchema = z.object({
  extensions: z.object({ durableTask: z.object({ defaultVersion: versionSchema }) }),
});

/** The version that host.json gives to new orchestrations. @throws when it gives none, or one of another form */
export const currentVersion = (hostJson: unknown): string =>
  hostJsonSchema.parse(hostJson).extensions.durableTask.defaultVersion;

export const folderOf = (version: string): string => join(root, version);

/** Every version of which there are recordings. */
export const recordedVersions = (): string[] => readdirSync(root);
