// Where runs are kept, and what makes them one at a time: an export's runs and its lock share a partition of the table `runs`,
// so that a run and the lock that names it are written together or not at all.
import { z } from 'zod';
import type { Stored, Table } from '../platform/tables';
import { exportIdOf, isOver, runSchema, type Run } from './run';

/** One row per export. `runId` names the run that is on; `pointers` are those that the last run read, however it ended, by segment. */
const lockSchema = z.strictObject({
  runId: z.string().nullable(),
  pointers: z.record(z.string(), z.string()).nullable(),
});
export type Lock = z.output<typeof lockSchema>;

const lockKey = 'lock';

/** Newest first: Table storage sorts by key, so the moment is turned around, digit by digit. */
function runKey(runId: string): string {
  const [, moment = '', tail = ''] = runId.split('-');
  return `run-${moment.replace(/\d/g, (digit) => String(9 - Number(digit)))}-${tail}`;
}

/** A run that ended before it looked at the data leaves what is known as it is: nothing, at first. */
function knownAfter(known: Lock['pointers'], read: Readonly<Record<string, string>>): Lock['pointers'] {
  return known === null && Object.keys(read).length === 0 ? null : { ...known, ...read };
}

export interface RunStore {
  get(runId: string): Promise<Run | undefined>;
  lock(exportId: string): Promise<Lock>;
  /** Records the pointers of data that counts as known, for an export that has never run. No effect when it has. */
  know(exportId: string, pointers: Readonly<Record<string, string>>): Promise<void>;
  /**
   * Creates the run and locks its export, both or neither.
   * @returns `started`; `busy` with the run that is on; `done` when there is a run of this id already.
   */
  start(run: Run): Promise<{ kind: 'started' } | { kind: 'busy'; runId: string } | { kind: 'done' }>;
  /** Changes a run that is not over; what `change` returns is stored, unless somebody else was faster: then it is asked again. */
  update(runId: string, change: (run: Run) => Run): Promise<Run>;
  /** Stores the final run and frees its export, both or neither. Repeating it changes nothing. */
  finish(runId: string, change: (run: Run) => Run): Promise<Run>;
}

export class RunMissing extends Error {
  readonly code = 'run-missing';
  constructor(readonly runId: string) {
    super(`there is no run ${runId}`);
  }
}

export function makeRunStore(table: Table): RunStore {
  const find = (runId: string) => table.get(runSchema, exportIdOf(runId), runKey(runId));

  async function need(runId: string): Promise<Stored<Run>> {
    const found = await find(runId);
    if (!found) throw new RunMissing(runId);
    return found;
  }

  const findLock = (exportId: string) => table.get(lockSchema, exportId, lockKey);

  const setLock = (found: Stored<Lock> | undefined, value: Lock) =>
    found
      ? ({ kind: 'replace', rowKey: lockKey, value, etag: found.etag } as const)
      : ({ kind: 'create', rowKey: lockKey, value } as const);

  const store: RunStore = {
    async get(runId) {
      return (await find(runId))?.value;
    },

    async lock(exportId) {
      return (await findLock(exportId))?.value ?? { runId: null, pointers: null };
    },

    async know(exportId, pointers) {
      await table.change(exportId, [setLock(undefined, { runId: null, pointers: { ...pointers } })]);
    },

    async start(run) {
      for (;;) {
        const found = await findLock(run.exportId);
        if (found?.value.runId) {
          // Also ours: an answer that was lost on the way, or a timer that fired twice.
          return found.value.runId === run.id
            ? { kind: 'started' }
            : { kind: 'busy', runId: found.value.runId };
        }
        const known = await find(run.id);
        if (known && isOver(known.value.status)) return { kind: 'done' };
        // Somebody started it between the two looks: the lock names it by now.
        if (known) continue;
        const done = await table.change(run.exportId, [
          { kind: 'create', rowKey: runKey(run.id), value: runSchema.parse(run) },
          setLock(found, { runId: run.id, pointers: found?.value.pointers ?? null }),
        ]);
        if (done) return { kind: 'started' };
      }
    },

    async update(runId, change) {
      for (;;) {
        const found = await need(runId);
        if (isOver(found.value.status)) return found.value;
        const value = runSchema.parse(change(found.value));
        if (
          await table.change(exportIdOf(runId), [
            { kind: 'replace', rowKey: found.rowKey, value, etag: found.etag },
          ])
        )
          return value;
      }
    },

    async finish(runId, change) {
      const exportId = exportIdOf(runId);
      for (;;) {
        const [found, lock] = await Promise.all([need(runId), findLock(exportId)]);
        if (isOver(found.value.status)) return found.value;
        const value = runSchema.parse(change(found.value));
        const done = await table.change(exportId, [
          { kind: 'replace', rowKey: found.rowKey, value, etag: found.etag },
          ...(lock?.value.runId === runId
            ? [setLock(lock, { runId: null, pointers: knownAfter(lock.value.pointers, value.pointers) })]
            : []),
        ]);
        if (done) return value;
      }
    },
  };
  return store;
}
