// The HTTP functions with their guard, as the Functions host would call them: stores in memory, the real Durable client, and a server
// that plays the Durable extension.
import { HttpRequest, InvocationContext, type HttpMethod, type HttpResponseInit } from '@azure/functions';
import { input } from 'durable-functions';
import type { Deps } from '../../functions/composition';
import { guard } from '../../functions/http/access';
import type { Route } from '../../functions/http/route';
import { makeAudit } from '../../shared/access/audit';
import type { Role } from '../../shared/access/principal';
import { makeConnectionStore } from '../../shared/connections/connection-store';
import { makeExportStore } from '../../shared/exports/export-store';
import { makeRunStore } from '../../shared/runs/run-store';
import { makeRowCounts } from '../../shared/segments/row-counts';
import { makeStartRun } from '../../shared/runs/start-run';
import { makeJumpingClock } from '../constant-contact/support/clocks';
import { makeRecordingLog } from '../constant-contact/support/recording-log';
import { startRecordingServer } from '../constant-contact/support/recording-server';
import { aConnection, anExport, noon } from '../runs/support/fixtures';
import { makeFakeSegments } from '../runs/support/fake-segments';
import { makeMemoryBlobs } from '../support/memory-blobs';
import { makeMemoryTable } from '../support/memory-tables';

export const tenantId = '7f3c1d52-0a4e-4b1f-8d39-5c2b6e0a9f11';
export const origin = 'https://app.example.com';
/** What must never reach a caller. */
export const durableKey = 'durable-system-key';

export interface Ask {
  readonly method?: HttpMethod;
  readonly params?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** As it goes into the address, without the question mark. */
  readonly query?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, in place of `body`. */
  readonly text?: string;
  /** `null` for nobody; an administrator when absent. */
  readonly as?: Role | 'no role' | null;
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

export const principalHeader = (role: string | undefined, tenant = tenantId): string => {
  const claims = [
    { typ: 'tid', val: tenant },
    { typ: 'oid', val: 'person-1' },
    { typ: 'name', val: 'Ada Lovelace' },
    ...(role === undefined ? [] : [{ typ: 'roles', val: role }]),
  ];
  return Buffer.from(JSON.stringify({ name_typ: 'name', role_typ: 'roles', claims })).toString('base64');
};

const notUsed = () => Promise.reject(new Error('not used'));

export async function startHttpWorld() {
  const durable = await startRecordingServer();
  const time = makeJumpingClock(noon);
  const logged = makeRecordingLog();
  const runs = makeRunStore(makeMemoryTable());
  const exports = makeExportStore(makeMemoryTable());
  const connections = makeConnectionStore(makeMemoryTable());
  const files = makeMemoryBlobs();
  const segments = makeFakeSegments();
  const world = { ready: () => Promise.resolve() };
  const deps: Omit<Deps, 'settings'> = {
    clock: time.clock,
    log: logged.log,
    ready: () => world.ready(),
    audit: makeAudit({ table: makeMemoryTable(), clock: time.clock, log: logged.log }),
    exports,
    connections,
    runs,
    segments,
    rowCounts: makeRowCounts(makeMemoryTable()),
    files,
    startRun: makeStartRun({ runs, clock: time.clock, log: logged.log }),
    openRun: notUsed,
    prepareBatches: notUsed,
    importBatch: notUsed,
    awaitImports: notUsed,
    closeRun: notUsed,
    tick: notUsed,
    orchestrationInput: (runId) => ({
      runId,
      concurrency: 4,
      pollFirst: 5_000,
      pollLongest: 60_000,
      requestsPerSecond: 4,
    }),
  };
  await connections.create(aConnection());
  await connections.create(aConnection({ id: 'private', sharedWith: 'administrators' }));
  await exports.create(anExport());
  await exports.create(anExport({ id: 'secret', connectionId: 'private' }));
  await exports.create(anExport({ id: 'detached', connectionId: null }));

  const binding = input.durableClient();
  const url = `${durable.url}/runtime/webhooks/durabletask`;
  const management = {
    id: 'INSTANCEID',
    statusQueryGetUri: `${url}/instances/INSTANCEID?code=${durableKey}`,
  };

  /** Calls a route through its guard. */
  async function ask(
    route: Route,
    {
      method = route.method,
      params = {},
      headers = {},
      query = '',
      body,
      text,
      as = 'Administrator',
    }: Ask = {},
  ): Promise<Answered> {
    const context = new InvocationContext({
      invocationId: 'invocation',
      functionName: route.name,
      logHandler: () => undefined,
      options: { trigger: { type: 'httpTrigger', name: 'request' }, extraInputs: [binding] },
    });
    context.extraInputs.set(binding, {
      taskHubName: 'Hub',
      creationUrls: { createNewInstancePostUri: `${url}/orchestrators/{functionName}?code=${durableKey}` },
      managementUrls: management,
      baseUrl: url,
      requiredQueryStringParameters: `code=${durableKey}`,
      rpcBaseUrl: `${durable.url}/durabletask/`,
    });
    const sent = text ?? (body === undefined ? undefined : JSON.stringify(body));
    const request = new HttpRequest({
      method,
      url: `${origin}/api/${route.path}${query && `?${query}`}`,
      params: { ...params },
      headers: {
        ...(as === null
          ? {}
          : { 'x-ms-client-principal': principalHeader(as === 'no role' ? undefined : as) }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(sent === undefined ? {} : { body: { string: sent } }),
    });
    const trust = { authenticationOn: true, tenantId };
    const answer = (await guard(route, { ...deps, trust })(request, context)) as HttpResponseInit;
    return readAnswer(answer);
  }

  return {
    /** Routes take settings from nowhere but their collaborators. */
    deps: deps as Deps,
    world,
    durable,
    time,
    logged,
    runs,
    exports,
    files,
    ask,
    stop: () => durable.close(),
  };
}

export type HttpWorld = Awaited<ReturnType<typeof startHttpWorld>>;

/** The answer as a client would get it. */
async function readAnswer(answer: HttpResponseInit): Promise<Answered> {
  const { status = 200, headers = {}, body } = answer;
  const jsonBody: unknown = answer.jsonBody;
  let text = '';
  if (jsonBody !== undefined) text = JSON.stringify(jsonBody);
  else if (typeof body === 'string') text = body;
  else if (body) for await (const chunk of body as AsyncIterable<Buffer>) text += chunk.toString();
  const json = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {};
  return { status, headers: headers as Record<string, string>, text, json };
}
