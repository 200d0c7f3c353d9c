// Starts a run on demand: its row, its orchestration and the entry in the audit trail, whichever route asks for it.
import { actorOf } from '../../../shared/access/principal';
import type { Export } from '../../../shared/exports/export';
import { newRunId } from '../../../shared/runs/run';
import type { Deps } from '../../composition';
import { orchestrations } from '../../durable';
import type { CallOf } from '../route';

export interface Launched {
  /** `running`: another run of the export is on, and this is its id. */
  readonly kind: 'started' | 'running';
  readonly runId: string;
}

/** @param wanted has a connection. */
export async function launchRun(
  deps: Deps,
  { context, principal, audit }: Pick<CallOf<unknown, unknown, unknown>, 'context' | 'principal' | 'audit'>,
  wanted: Export,
): Promise<Launched> {
  const id = newRunId(wanted.id, new Date(deps.clock.now()));
  const actor = actorOf(principal);
  const trigger = { kind: 'on-demand', by: actor.id, name: actor.name } as const;
  const started = await deps.startRun(wanted, { id, trigger, pointers: {} });
  // Somebody was faster: theirs is the run.
  if (started.kind !== 'started')
    return { kind: 'running', runId: started.kind === 'busy' ? started.runId : id };
  await orchestrations(context).start(deps.orchestrationInput(id));
  await audit({ action: 'run.start', subject: { kind: 'run', id, name: wanted.name } });
  return { kind: 'started', runId: id };
}
