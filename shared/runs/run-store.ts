// Where runs are kept, and what makes them one at a time: an export's runs and its lock share a partition of the table `runs`,
// so that a run and the lock that names it are written together or not at all.
import type { Stored, Table } from '../platform/tables';
import { isKnown, lockAfter, lockSchema, noLock, type Lock } from './lock';
import { exportIdOf, isOver, runSchema, type Run } from './run';
import { makeRunList, type RunList } from './run-list';

const lockKey = 'lock';

const runKey = (runId: string) => `run-${runId}`;

export interface RunStore extends Pick<RunList, 'page' | 'last' | 'oldest' | 'unlist'> {
  get(runId: string): Promise<Run | undefined>;
  lock(exportId: string): Promise<Lock>;
  /**
   * Settles which data counts as known for an export that was saved at `since`. No effect when that is settled.
   * @param pointers by segment; of the others what is known stays known.
   */
  know(exportId: string, since: string | null, pointers: Readonly<Record<string, string>>): Promise<Lock>;
  /**
   * Creates the run and locks its export, both or neither.
   * @param unless a look at the lock, as it is when the export is free: when it says so, nothing is started.
   * @returns `started`; `busy` with the run that is on; `done` when there is a run of this id already; `refused` by `unless`.
   */
  start(run: Run, unless?: (lock: Lock) => boolean): Promise<StartOutcome>;
  /** Changes a run that is not over; what `change` returns is stored, unless somebody else was faster: then it is asked again. */
  update(runId: string, change: (run: Run) => Run): Promise<Run>;
  /** Stores the final run and frees its export, both or neither. Repeating it changes nothing, and neither does a run that is on. */
  finish(runId: string, change: (run: Run) => Run): Promise<Run>;
  /** The change of state that this run brought about has been told. */
  told(runId: string): Promise<void>;
  /** Removes a run that is over, and what lists it. @returns false when it is on. */
  remove(run: Run): Promise<boolean>;
  /** Removes the lock of an export that is gone, unless a run is on. */
  forget(exportId: string): Promise<void>;
}

export type StartOutcome =
  { readonly kind: 'started' | 'done' | 'refused' } | { readonly kind: 'busy'; readonly runId: string };

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

  const get: RunStore['get'] = async (runId) => (await find(runId))?.value;
  const list = makeRunList(table, get);

  const store: RunStore = {
    get,
    page: (asked) => list.page(asked),
    last: (exportId) => list.last(exportId),
    oldest: (asked) => list.oldest(asked),
    unlist: (run) => list.unlist(run),

    async lock(exportId) {
      return (await findLock(exportId))?.value ?? noLock;
    },

    async know(exportId, since, pointers) {
      for (;;) {
        const found = await findLock(exportId);
        const before = found?.value ?? noLock;
        if (isKnown(before, since)) return before;
        const run = before.runId === null ? undefined : await find(before.runId);
        const known: Lock = {
          ...before,
          pointers: { ...before.pointers, ...pointers },
          knownSince: since,
          readBefore: run
            ? Object.fromEntries(
                Object.entries(run.value.pointers).filter(([segment]) => segment in pointers),
              )
            : null,
        };
        if (await table.change(exportId, [setLock(found, known)])) return known;
      }
    },

    async start(run, unless) {
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
        if (unless?.(found?.value ?? noLock)) return { kind: 'refused' };
        await list.add(run);
        const done = await table.change(run.exportId, [
          { kind: 'create', rowKey: runKey(run.id), value: runSchema.parse(run) },
          setLock(found, { ...(found?.value ?? noLock), runId: run.id, readBefore: null }),
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
        if (!isOver(value.status)) return value;
        const done = await table.change(exportId, [
          { kind: 'replace', rowKey: found.rowKey, value, etag: found.etag },
          ...(lock?.value.runId === runId ? [setLock(lock, lockAfter(lock.value, value))] : []),
        ]);
        if (done) return value;
      }
    },

    async told(runId) {
      const exportId = exportIdOf(runId);
      for (;;) {
        const lock = await findLock(exportId);
        if (lock?.value.untold?.runId !== runId) return;
        if (await table.change(exportId, [setLock(lock, { ...lock.value, untold: null })])) return;
      }
    },

    async remove(run) {
      const found = await find(run.id);
      if (found && !isOver(found.value.status)) return false;
      await table.remove(run.exportId, runKey(run.id));
      // Last, as it is by these that a run is found which is half removed.
      await list.unlist(run);
      return true;
    },

    async forget(exportId) {
      const lock = await findLock(exportId);
      if (lock?.value.runId === null)
        await table.change(exportId, [{ kind: 'remove', rowKey: lockKey, etag: lock.etag }]);
    },
  };
  return store;
}
