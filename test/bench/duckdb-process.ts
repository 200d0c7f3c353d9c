// A process that does the same work in DuckDB, with two threads, by transform.sql.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { projectRoot } from '../support/project-root';
import { answerJobs } from './measured-process';

export interface DuckDBJob {
  /** Paths of the shards, in order. */
  readonly shards: readonly string[];
  readonly output: string;
}

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
const sql = readFileSync(join(projectRoot(), 'test/bench/transform.sql'), 'utf8');
async function connect() {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const made = await instance.connect();
  // It may write rows in any order, which is faster.
  await made.run('SET preserve_insertion_order = false');
  return made;
}

let connection: DuckDBConnection | undefined;

answerJobs(async ({ shards, output }: DuckDBJob) => {
  connection ??= await connect();
  const statement = sql
    .replace('$shards', `[${shards.map(quoted).join(', ')}]`)
    .replace('$output', quoted(output));
  const started = performance.now();
  await connection.run(statement);
  return { seconds: (performance.now() - started) / 1000 };
});
