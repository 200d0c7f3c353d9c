// The HTTP functions with their guard, as the Functions host would call them: stores in memory, the real Durable client, and a server
// that plays the Durable extension.
import { HttpRequest, InvocationContext, type HttpMethod, type HttpResponseInit } from '@azure/functions';
import { input } from 'durable-functions';
import { compose, type Deps } from '../../functions/composition';
import { guard } from '../../functions/http/guard';
import { routesOf } from '../../functions/http/routes';
import type { Route } from '../../functions/http/route';
import type { Role } from '../../shared/access/principal';
import { tableNames, type Platform } from '../../shared/platform/open-platform';
import { readSettings } from '../../shared/platform/settings';
import { makeJumpingClock } from '../constant-contact/support/clocks';
import { makeMemoryLease, makeMemorySecrets } from '../constant-contact/support/memory-stores';
import { makeRecordingLog } from '../constant-contact/support/recording-log';
import { startRecordingServer } from '../constant-contact/support/recording-server';
import { aConnection, anExport, noon } from '../runs/support/fixtures';
import { makeMemoryBlobs } from '../support/memory-blobs';
import { makeMemoryTable, type MemoryTable } from '../support/memory-tables';
import { againstOpenApi, type AgainstOpenApi } from './against-open-api';

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

export const principalHeader = (role: string | undefined, tenant = tenantId, person = 'person-1'): string => {
  const claims = [
    { typ: 'tid', val: tenant },
    { typ: 'oid', val: person },
    { typ: 'name', val: 'Ada Lovelace' },
    ...(role === undefined ? [] : [{ typ: 'roles', val: role }]),
  ];
  return Buffer.from(JSON.stringify({ name_typ: 'name', role_typ: 'roles', claims })).toString('base64');
};

/** What settings say when nothing outside is asked. */
const nowhere = {
  AzureWebJobsStorage: 'UseDevelopmentStorage=true',
  SEGMENT_STORAGE: 'UseDevelopmentStorage=true',
  SEGMENT_CONTAINER: 'segments',
  KEY_VAULT_URL: 'http://127.0.0.1:1',
  AUTH_TENANT_ID: tenantId,
  CONSTANT_CONTACT_CLIENT_ID: 'client',
  CONSTANT_CONTACT_API_URL: 'http://127.0.0.1:1/v3',
  CONSTANT_CONTACT_TOKEN_URL: 'http://127.0.0.1:1/token',
};

/** The routes are the same in every world. */
let described: AgainstOpenApi | undefined;

/** @param settings on top of those that lead nowhere. */
export async function startHttpWorld(settings: Readonly<Record<string, string>> = {}) {
  const durable = await startRecordingServer();
  const time = makeJumpingClock(noon);
  const logged = makeRecordingLog();
  const tables = Object.fromEntries(tableNames.map((name) => [name, makeMemoryTable()])) as unknown as Record<
    keyof Platform['tables'],
    MemoryTable
  >;
  const files = makeMemoryBlobs();
  const segmentFiles = makeMemoryBlobs();
  const secrets = makeMemorySecrets();
  const world = { ready: () => Promise.resolve() };
  const composed = compose(readSettings({ ...nowhere, ...settings }), {
    clock: time.clock,
    log: logged.log,
    platform: {
      tables,
      files,
      secrets,
      lease: makeMemoryLease().lease,
      segmentBlobs: segmentFiles,
      segmentContainerUrl: 'http://127.0.0.1:10000/devstoreaccount1/segments',
      ready: () => world.ready(),
    },
  });
  const { runs, exports, connections } = composed;
  const deps: Deps = composed;
  const openApi = (described ??= againstOpenApi(routesOf(deps)));
  await connections.create(aConnection());
  await connections.create(
    aConnection({ id: 'private', name: 'Private account', sharedWith: 'administrators' }),
  );
  await exports.create(anExport());
  await exports.create(anExport({ id: 'secret', connectionId: 'private' }));
  await exports.create(anExport({ id: 'detached', connectionId: null }));

  const binding = input.durableClient();
  const url = `${durable.url}/runtime/webhooks/durabletask`;
  const management = {
    id: 'INSTANCEID',
    statusQueryGetUri: `${url}/instances/INSTANCEID?code=${durableKey}`,
  };

  /** Calls a route through its guard. The answer has to be what the OpenAPI document says. */
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
    const answered = await readAnswer(answer);
    openApi.check(route, answered);
    if (answered.status < 400 && body !== undefined) openApi.checkTaken(route, body);
    return answered;
  }

  return {
    deps,
    world,
    tables,
    secrets,
    durable,
    time,
    logged,
    runs,
    exports,
    files,
    segmentFiles,
    openApi,
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
