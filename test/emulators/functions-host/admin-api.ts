// The host's own API: the real host's way to start a timer function, and the controls that tests need.
import type { HostClock } from './clock';
import type { HistoryDump } from './durable/history';
import type { Instances } from './durable/instances';
import type { Orchestrations } from './durable/orchestrations';
import type { Fault, Faults } from './faults';
import type { Reply, Request } from './http-types';
import type { Timers } from './timers';
import type { Worker } from './worker-process';

export interface AdminDeps {
  readonly clock: HostClock;
  readonly faults: Faults;
  readonly instances: Instances;
  readonly orchestrations: Orchestrations;
  readonly timers: Timers;
  readonly worker: Worker;
}

const json = (body: unknown, status = 200): Reply => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: JSON.stringify(body),
});
const none: Reply = { status: 404 };

export function makeAdminApi(deps: AdminDeps) {
  const dump = async (instanceId: string): Promise<Reply> => {
    const instance = await deps.instances.get(instanceId);
    if (!instance) return none;
    const { turns } = await deps.orchestrations.partition(instance).load();
    const turnEnds: number[] = [];
    let end = 0;
    for (const turn of turns) if (turn.length > 0) turnEnds.push((end += turn.length));
    const { name, runtimeStatus } = instance;
    return json({ instanceId, name, runtimeStatus, events: turns.flat(), turnEnds } satisfies HistoryDump);
  };

  const ids = async () => {
    const found: string[] = [];
    for await (const { instanceId } of deps.instances.list('all')) found.push(instanceId);
    return found;
  };

  return async (path: string, request: Request): Promise<Reply> => {
    const parts = path.split('/').map(decodeURIComponent);
    const body = () => JSON.parse(request.body.toString()) as unknown;
    if (parts[0] === 'functions' && request.method === 'POST')
      return deps.timers.fire(parts[1] ?? '') ? { status: 202 } : none;
    if (parts[0] !== 'emulator') return none;
    switch (`${request.method} ${parts[1] ?? ''}`) {
      case 'GET clock':
        return json({ offsetMilliseconds: deps.clock.offsetMs });
      case 'POST clock': {
        const { offsetMilliseconds } = body() as { offsetMilliseconds: unknown };
        if (!Number.isFinite(offsetMilliseconds))
          return json({ Message: 'offsetMilliseconds is no number' }, 400);
        deps.clock.move(Number(offsetMilliseconds));
        return { status: 204 };
      }
      case 'GET faults':
        return json(deps.faults.counts());
      case 'POST faults':
        deps.faults.add((body() as { faults: Fault[] }).faults);
        return { status: 204 };
      case 'DELETE faults':
        deps.faults.clear();
        return { status: 204 };
      case 'GET instances':
        return parts[2] === undefined ? json(await ids()) : dump(parts[2]);
      case 'GET worker':
        return json({ pid: deps.worker.pid() });
      default:
        return none;
    }
  };
}
