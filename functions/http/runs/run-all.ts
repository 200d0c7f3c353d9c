// POST /api/runs: runs every export with an active schedule that the caller may run.
import { z } from 'zod';
import { mayUse } from '../../../shared/access/permissions';
import type { Connection } from '../../../shared/connections/connection';
import type { Export } from '../../../shared/exports/export';
import { codeOf } from '../../../shared/platform/error-code';
import { reasonSchema } from '../../../shared/runs/run';
import { isScheduled } from '../../../shared/schedule/governing';
import { mapLimited } from '../../../shared/segments/map-limited';
import type { Deps } from '../../composition';
import { launchRun } from './launch-run';
import { route, type CallOf } from '../route';
import { runPath } from './run-view';

/** Starts at once. */
const atOnce = 8;

const resultSchema = z.strictObject({
  export: z.strictObject({ id: z.string(), name: z.string() }),
  /** `running`: it was on already. */
  outcome: z.enum(['started', 'running', 'skipped', 'failed']),
  /** The run that was started, or is on. */
  run: z.strictObject({ id: z.string(), link: z.string() }).nullable(),
  /** Why it was skipped, or could not be started. */
  reason: reasonSchema.nullable(),
});
type Result = z.output<typeof resultSchema>;

const skipped = {
  detached: { code: 'export-detached', sentence: 'It has no connection. Choose one for it first.' },
  notAllowed: {
    code: 'role-needed',
    sentence: 'Its connection is for administrators. Ask one of them to share it with contributors.',
  },
  notScheduled: {
    code: 'not-scheduled',
    sentence: 'It has no active schedule. Run it by itself, or give it a schedule.',
  },
};

const failed = {
  code: 'internal',
  sentence:
    'It could not be started now. Try again; what began all the same goes on by itself within minutes.',
};

export const runAll = (deps: Deps) =>
  route({
    name: 'runAll',
    method: 'POST',
    path: 'runs',
    role: 'Contributor',
    summary: 'Run every export that has an active schedule, and that the caller may run.',
    answers: {
      202: {
        description: 'What became of each export.',
        body: z.strictObject({ results: z.array(resultSchema) }),
      },
    },
    async handle(call) {
      const exports = await Array.fromAsync(deps.exports.list());
      const skip = await skipping(deps, call.principal, exports);
      const results = await mapLimited(exports, atOnce, (wanted) => start(deps, call, wanted, skip(wanted)));
      return { status: 202, headers: { 'cache-control': 'no-store' }, jsonBody: { results } };
    },
  });

type Caller = Pick<CallOf<unknown, unknown, unknown>, 'context' | 'principal' | 'audit'>;

/** Tells why an export is left out. */
async function skipping(deps: Deps, principal: Caller['principal'], exports: readonly Export[]) {
  const { value: refresh } = await deps.refreshSchedule.get();
  const connections = new Map<string, Connection | undefined>();
  for (const { connectionId } of exports) {
    if (connectionId !== null && !connections.has(connectionId))
      connections.set(connectionId, await deps.connections.get(connectionId));
  }
  return (wanted: Export): Result['reason'] => {
    if (wanted.connectionId === null) return skipped.detached;
    if (!mayUse(principal, connections.get(wanted.connectionId))) return skipped.notAllowed;
    return isScheduled(wanted, refresh) ? null : skipped.notScheduled;
  };
}

async function start(deps: Deps, caller: Caller, wanted: Export, skip: Result['reason']): Promise<Result> {
  const result = { export: { id: wanted.id, name: wanted.name }, run: null, reason: null };
  if (skip) return { ...result, outcome: 'skipped', reason: skip };
  try {
    const { kind, runId } = await launchRun(deps, caller, wanted);
    return { ...result, outcome: kind, run: { id: runId, link: runPath(runId) } };
  } catch (error) {
    // One export that cannot be started must not keep the others from running.
    deps.log.warn('run.start-failed', { export: wanted.id, code: codeOf(error) });
    return { ...result, outcome: 'failed', reason: failed };
  }
}
