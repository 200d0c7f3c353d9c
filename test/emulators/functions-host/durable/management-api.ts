// Durable's HTTP API, as recorded from the real extension: start, status, events, terminate, suspend, resume, restart, purge.
import type { HostClock } from '../clock';
import type { Reply, Request } from '../http-types';
import { startedUrls, type Addresses } from './client-binding';
import {
  eventRaised,
  executionResumed,
  executionSuspended,
  executionTerminated,
  type HistoryEvent,
} from './history';
import { isFinal, type Instances, type StoredInstance } from './instances';
import type { LargeValues } from './large-values';
import type { Orchestrations } from './orchestrations';
import { clearPartition } from './partition';
import { statusBody, shownHistory } from './status';
import type { TaskHub } from './storage';

export interface ManagementDeps {
  readonly hub: TaskHub;
  readonly instances: Instances;
  readonly values: LargeValues;
  readonly orchestrations: Orchestrations;
  readonly clock: HostClock;
  readonly addresses: Addresses;
}

const empty = (status: number): Reply => ({ status });
const json = (status: number, body: unknown, headers: Record<string, string> = {}): Reply => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  body: JSON.stringify(body),
});

/** @returns a function from a request, whose path begins behind `/durabletask/`, to the answer. */
export function makeManagementApi(deps: ManagementDeps) {
  const { instances, orchestrations, clock } = deps;

  const started = (instance: StoredInstance): Reply => {
    const urls = startedUrls(deps.addresses, instance.instanceId);
    return json(202, urls, { location: urls.statusQueryGetUri ?? '', 'retry-after': '10' });
  };

  const start = async (name: string, instanceId: string | undefined, request: Request): Promise<Reply> => {
    const text = request.body.toString();
    const fault = text === '' ? undefined : jsonFault(text);
    if (fault) return fault;
    const { created, instance } = await orchestrations.begin({
      name,
      input: text === '' ? null : JSON.stringify(JSON.parse(text)),
      ...(instanceId === undefined ? {} : { instanceId }),
    });
    if (created) return started(instance);
    const Message = `An Orchestration instance with the status ${instance.runtimeStatus} already exists.`;
    return json(409, { Message });
  };

  const status = async (instance: StoredInstance, request: Request): Promise<Reply> => {
    const { query } = request;
    const body: Record<string, unknown> = statusBody(instance, query.get('showInput') !== 'false');
    if (query.get('showHistory') === 'true') {
      const { turns } = await orchestrations.partition(instance).load();
      body['historyEvents'] = shownHistory(turns.flat(), query.get('showHistoryOutput') === 'true');
    }
    if (!isFinal(instance.runtimeStatus))
      return json(202, body, { location: request.url.split('?')[0] ?? '', 'retry-after': '5' });
    const asError = query.get('returnInternalServerErrorOnFailure') === 'true';
    return json(asError && instance.runtimeStatus === 'Failed' ? 500 : 200, body);
  };

  const tell = async (instance: StoredInstance, event: HistoryEvent): Promise<Reply> => {
    if (isFinal(instance.runtimeStatus)) return empty(410);
    await orchestrations.tell(instance, event, null);
    return empty(202);
  };

  const raise = async (instance: StoredInstance, name: string, request: Request): Promise<Reply> => {
    if (!(request.headers['content-type'] ?? '').startsWith('application/json'))
      return json(400, { Message: 'Only application/json request content is supported' });
    const text = request.body.toString();
    const fault = jsonFault(text);
    if (fault) return fault;
    return tell(instance, eventRaised(name, JSON.stringify(JSON.parse(text)), clock.timestamp()));
  };

  const restart = async (instance: StoredInstance, request: Request): Promise<Reply> => {
    const same = request.query.get('restartWithNewInstanceId') === 'false';
    const { name, input, instanceId } = instance;
    const again = await orchestrations.begin({ name, input, ...(same ? { instanceId } : {}) });
    return again.created ? started(again.instance) : empty(409);
  };

  const purge = async ({ instanceId }: StoredInstance) => {
    await instances.remove(instanceId);
    await clearPartition(deps.hub, instanceId);
    await deps.values.purge(instanceId);
  };

  /** Those that the query asks for, by id. */
  const matching = async ({ query }: Request): Promise<StoredInstance[]> => {
    const statuses = query.get('runtimeStatus')?.split(',').filter(Boolean);
    const prefix = query.get('instanceIdPrefix') ?? '';
    const [from, to] = [query.get('createdTimeFrom'), query.get('createdTimeTo')];
    const found: StoredInstance[] = [];
    for await (const one of instances.list('all')) {
      const createdMs = Date.parse(one.createdTime);
      if (!one.instanceId.startsWith(prefix)) continue;
      if (statuses && statuses.length > 0 && !statuses.includes(one.runtimeStatus)) continue;
      if (from && createdMs < Date.parse(from)) continue;
      if (to && createdMs > Date.parse(to)) continue;
      found.push(one);
    }
    return found;
  };

  const list = async (request: Request): Promise<Reply> => {
    const all = await matching(request);
    const after = Buffer.from(request.headers['x-ms-continuation-token'] ?? '', 'base64').toString();
    const top = Number(request.query.get('top') ?? 100);
    const left = all.filter(({ instanceId }) => instanceId > after || after === '');
    const page = left.slice(0, top);
    const last = left.length > top ? page.at(-1)?.instanceId : undefined;
    const showInput = request.query.get('showInput') !== 'false';
    return json(
      200,
      page.map((one) => statusBody(one, showInput)),
      { 'x-ms-continuation-token': last === undefined ? '' : Buffer.from(last).toString('base64') },
    );
  };

  const purgeMany = async (request: Request): Promise<Reply> => {
    const done = (await matching(request)).filter(({ runtimeStatus }) => isFinal(runtimeStatus));
    for (const one of done) await purge(one);
    return done.length > 0 ? json(200, { instancesDeleted: done.length }) : empty(404);
  };

  const onInstance = async (instance: StoredInstance, verb: string, rest: string[], request: Request) => {
    const reason = request.query.get('reason') ?? '';
    const at = clock.timestamp();
    switch (`${request.method} ${verb}`) {
      case 'GET ':
        return status(instance, request);
      case 'DELETE ':
        await purge(instance);
        return json(200, { instancesDeleted: 1 });
      case 'POST raiseEvent':
        return raise(instance, rest[0] ?? '', request);
      case 'POST terminate':
        return tell(instance, executionTerminated(reason, at));
      case 'POST suspend':
        return tell(instance, executionSuspended(reason, at));
      case 'POST resume':
        return tell(instance, executionResumed(reason, at));
      case 'POST restart':
        return restart(instance, request);
      case 'POST rewind':
        return notHere('rewind');
      default:
        return empty(404);
    }
  };

  return async (path: string, request: Request): Promise<Reply> => {
    const [kind, name = '', verb = '', ...rest] = path.split('/').map(decodeURIComponent);
    if (kind === 'orchestrators' && request.method === 'POST') {
      const id = verb === '' ? undefined : verb;
      if (name === '' || id?.includes('/') || rest.length > 0) return empty(404);
      return start(name, id, request);
    }
    if (kind === 'entities') return notHere('entities');
    if (kind !== 'instances') return empty(404);
    if (name === '') return request.method === 'DELETE' ? purgeMany(request) : list(request);
    const instance = await instances.get(name);
    return instance ? onInstance(instance, verb, rest, request) : empty(404);
  };
}

const notHere = (what: string) => json(501, { Message: `The local Functions host does not do ${what}.` });

function jsonFault(text: string): Reply | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    const ExceptionMessage =
      text === ''
        ? "Error reading JToken from JsonReader. Path '', line 0, position 0."
        : (error as Error).message;
    return json(400, {
      Message: 'Invalid JSON content',
      ExceptionMessage,
      ExceptionType: 'Newtonsoft.Json.JsonReaderException',
      StackTrace: '',
    });
  }
}
