// The queries of workbook and alerts, as a deployment has them: the text that all share, then a file, with its parameters filled in.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../support/project-root';

const infra = join(projectRoot(), 'infra');
const read = (name: string) => readFileSync(join(infra, name), 'utf8');

/** What stands before every query. */
export const prelude = read('queries/events.kql');

export interface Query {
  /** The file's name without its ending. */
  readonly name: string;
  /** As it lies in the file. */
  readonly text: string;
}

export const queries: readonly Query[] = readdirSync(join(infra, 'queries'))
  .filter((file) => file !== 'events.kql')
  .sort()
  .map((file) => ({ name: file.replace(/\.kql$/, ''), text: read(`queries/${file}`) }));

/** A value for every parameter: what somebody chooses in the workbook, and what the deployment puts into an alert. */
const values: Readonly<Record<string, string>> = {
  Export: 'export1',
  Run: 'export1-20260302090000-0123456789ab',
  'TimeRange:grain': '1h',
  maxRejectPercent: '10',
  maxRunMinutes: '60',
  maxQuotaPercent: '80',
  minTokenDays: '14',
};

/** @throws when a parameter is not one of those that workbook and alerts have. */
export const filledIn = (text: string): string =>
  text.replace(/\{([A-Za-z:]+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`there is no parameter ${name}`);
    return value;
  });

/** The names of the queries that a Bicep file loads. */
export const loadedBy = (file: string): readonly string[] =>
  [...read(file).matchAll(/loadTextContent\('queries\/([a-z-]+)\.kql'\)/g)].map(([, name = '']) => name);

/** The Bicep file itself. */
export const bicepOf = read;
