// Since when Constant Contact works on the oldest import job of a run.
import type { ImportStore } from './import-store';

/** @returns when it was accepted, in milliseconds since 1970; `undefined` when no job of the run is open. */
export type OldestOpenJob = (runId: string) => Promise<number | undefined>;

export function makeOldestOpenJob(imports: Pick<ImportStore, 'all'>): OldestOpenJob {
  return async (runId) => {
    const records = await imports.all(runId);
    const accepted = records.flatMap(({ value: { state, acceptedAt } }) =>
      state === 'open' && acceptedAt !== null ? [acceptedAt] : [],
    );
    return accepted.length === 0 ? undefined : Math.min(...accepted);
  };
}
