// Data that survives a restart: every change is appended to one file as it happens, files for import lie beside it.
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  openSync,
  writeSync,
  closeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { AcceptedJob, Job } from './jobs';
import type { CustomField, List } from './lists';
import type { Person } from './people';
import type { IssuedSet } from './tokens';

export type Change =
  | { readonly type: 'list'; readonly list: List }
  | { readonly type: 'list-deleted'; readonly id: string; readonly at: number }
  | { readonly type: 'field'; readonly field: CustomField }
  | { readonly type: 'person'; readonly person: Person; readonly createdAt: number; readonly at: number }
  | { readonly type: 'job'; readonly job: AcceptedJob & Pick<Job, 'ended' | 'result'> }
  | {
      readonly type: 'job-ended';
      readonly id: string;
      readonly state: NonNullable<Job['ended']>['state'];
      readonly at: number;
    }
  | { readonly type: 'tokens'; readonly set: IssuedSet }
  | { readonly type: 'tokens-revoked'; readonly which: 'access' | 'all' };

export interface Journal {
  /** What was kept so far, the oldest first. */
  changes(): Iterable<Change>;
  record(change: Change): void;
  keepFile(jobId: string, content: Buffer): void;
  file(jobId: string): Buffer | undefined;
  dropFile(jobId: string): void;
  /** Puts these changes in place of all so far: what happened since is folded into what is. */
  replace(changes: Iterable<Change>): void;
}

/** For an emulator without a folder. */
export const noJournal: Journal = {
  changes: () => [],
  record: () => undefined,
  keepFile: () => undefined,
  file: () => undefined,
  dropFile: () => undefined,
  replace: () => undefined,
};

export function openJournal(folder: string): Journal {
  const files = join(folder, 'files');
  const path = join(folder, 'journal.ndjson');
  mkdirSync(files, { recursive: true });
  const fileOf = (jobId: string) => join(files, `${jobId}.csv`);
  const line = (change: Change) => `${JSON.stringify(change)}\n`;

  return {
    *changes() {
      if (!existsSync(path)) return;
      const content = readFileSync(path);
      // What stands behind the last line break was being written when the emulator was killed: it did not happen.
      truncateSync(path, content.lastIndexOf(10) + 1);
      for (
        let start = 0, end = content.indexOf(10);
        end >= 0;
        start = end + 1, end = content.indexOf(10, start)
      ) {
        yield JSON.parse(content.toString('utf8', start, end)) as Change;
      }
    },

    record: (change) => appendFileSync(path, line(change)),
    keepFile: (jobId, content) => writeFileSync(fileOf(jobId), content),
    file: (jobId) => (existsSync(fileOf(jobId)) ? readFileSync(fileOf(jobId)) : undefined),
    dropFile: (jobId) => rmSync(fileOf(jobId), { force: true }),

    replace(changes) {
      const next = openSync(`${path}.next`, 'w');
      let text = '';
      for (const change of changes) {
        text += line(change);
        if (text.length > 1_000_000) {
          writeSync(next, text);
          text = '';
        }
      }
      writeSync(next, text);
      closeSync(next);
      renameSync(`${path}.next`, path);
    },
  };
}
