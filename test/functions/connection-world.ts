// The HTTP functions against the emulated Constant Contact, for tests of connections: sign-in and all, as a person with a browser.
import { isOver, type Run } from '../../shared/runs/run';
import { routesOf } from '../../functions/http/routes';
import { tokenSecretName } from '../../shared/constant-contact/token-secret';
import { startConstantContact } from '../emulators/constant-contact/emulator';
import { anExport, noon } from '../runs/support/fixtures';
import { origin, startHttpWorld, type Answered, type Ask } from './http-world';

export const problemType = (code: string): string => `urn:segments-to-constant-contact:problem:${code}`;

export interface ConnectionAsk extends Ask {
  /** Of the connection. */
  readonly id?: string;
}

/** How the person at Constant Contact answers. */
export interface AtConstantContact {
  readonly deny?: boolean;
  readonly account?: string;
}

const redirectUrl = `${origin}/api/sign-in/callback`;

export async function startConnectionWorld(settings: Readonly<Record<string, string>> = {}) {
  // One clock for both, once the app has made its own.
  let now = () => noon;
  const constantContact = await startConstantContact({
    clock: { now: () => now() },
    clients: [
      {
        clientId: 'client',
        clientSecret: 'the-client-secret',
        refreshTokens: 'rotating',
        redirectUris: [redirectUrl],
      },
    ],
  });
  const world = await startHttpWorld({
    CONSTANT_CONTACT_CLIENT_ID: 'client',
    CONSTANT_CONTACT_API_URL: constantContact.apiUrl,
    CONSTANT_CONTACT_TOKEN_URL: constantContact.tokenUrl,
    CONSTANT_CONTACT_AUTHORIZE_URL: constantContact.authorizeUrl,
    CONSTANT_CONTACT_REDIRECT_URL: redirectUrl,
    ...settings,
  });
  now = world.time.clock.now;
  // No orchestration is on: nothing has to be woken.
  world.durable.answer(() => ({ status: 404 }));
  await world.secrets.set('constant-contact-client-secret', 'the-client-secret');
  const routes = new Map(routesOf(world.deps).map((route) => [route.name, route]));
  const texts: string[] = [];

  async function call(name: string, { id, params, ...ask }: ConnectionAsk = {}): Promise<Answered> {
    const route = routes.get(name);
    if (!route) throw new Error(`there is no route ${name}`);
    const answer = await world.ask(route, { params: { ...(id && { connectionId: id }), ...params }, ...ask });
    // The address that somebody is sent to holds the state, and belongs to them alone.
    if (name !== 'startSignIn') texts.push(answer.text);
    return answer;
  }

  /** Begins a sign-in, goes through it as a browser does, and returns the query with which it comes back. */
  async function comeBack(id: string, { deny, account }: AtConstantContact = {}): Promise<string> {
    const started = await call('startSignIn', { id });
    const url = new URL(String(started.json['url']));
    url.searchParams.set(deny ? 'deny' : 'auto_approve', 'true');
    if (account !== undefined) url.searchParams.set('account', account);
    const answer = await fetch(url, { redirect: 'manual' });
    const location = new URL(answer.headers.get('location') ?? '');
    if (location.origin + location.pathname !== redirectUrl) throw new Error(`came back to ${location.href}`);
    return location.search.slice(1);
  }

  const tokensOf = (id: string) =>
    JSON.parse(world.secrets.stored.get(tokenSecretName(id)) ?? '{}') as { refreshToken: string };

  return {
    ...world,
    constantContact,
    call,
    comeBack,
    finish: (query: string, ask: Ask = {}) => call('finishSignIn', { query, ...ask }),
    /** How many requests reached Constant Contact. */
    requests: () => constantContact.state(0).requests.log.length,
    secretNames: () => [...world.secrets.stored.keys()],
    refreshToken: (id: string) => tokensOf(id).refreshToken,
    passTime: (milliseconds: number) => world.time.advance(milliseconds),
    /** @returns the status of the token endpoint's answer. */
    async tryRefresh(refreshToken: string): Promise<number> {
      // The token endpoint takes one request a second.
      world.time.advance(2_000);
      const { status } = await fetch(constantContact.tokenUrl, {
        method: 'POST',
        headers: {
          authorization: `Basic ${Buffer.from('client:the-client-secret').toString('base64')}`,
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken }),
      });
      return status;
    },
    async makeExport(connectionId: string): Promise<{ exportId: string }> {
      await world.exports.create(anExport({ id: 'dependent', connectionId }));
      return { exportId: 'dependent' };
    },
    connectionOf: async (exportId: string) => (await world.exports.get(exportId))?.value.connectionId,
    exportIds: async () => (await Array.fromAsync(world.exports.list())).map(({ id }) => id),
    /** A run that has begun, and does what a run does when it is told to stop. */
    async startRun(exportId: string) {
      const stored = await world.exports.get(exportId);
      if (!stored) throw new Error(`there is no export ${exportId}`);
      const id = `${exportId}-20260301120000-abcdefghij23`;
      const trigger = { kind: 'on-demand', by: 'test', name: 'Test' } as const;
      await world.deps.startRun(stored.value, { id, trigger, pointers: {} });
      const row = async (): Promise<Run> => (await world.runs.get(id)) as Run;
      return {
        cancelRequested: async () => (await row()).cancelRequested,
        async end() {
          await world.deps.closeRun({ runId: id, reason: 'done' });
          if (!isOver((await row()).status)) throw new Error('the run is still on');
        },
      };
    },
    /** What the timer does. */
    lookAfter: () => world.deps.removeConnection(() => Promise.resolve()).finishRemovals(),
    /** Every secret that there ever was is looked for in answers, logs and tables. @throws when one is there */
    findNoSecrets() {
      const written = [
        ...texts,
        world.logged.text(),
        ...Object.values(world.tables).flatMap((table) => [...table.dump().values()]),
      ].join('\n');
      const secrets = ['the-client-secret', ...world.secrets.history].flatMap((value) => {
        if (!value.startsWith('{')) return [value];
        const { accessToken, refreshToken } = JSON.parse(value) as Record<string, string>;
        return [accessToken, refreshToken];
      });
      for (const secret of secrets)
        if (secret && written.includes(secret)) throw new Error('a secret stands where it should not');
    },
    async stop() {
      await world.stop();
      await constantContact.stop();
    },
  };
}

export type ConnectionWorld = Awaited<ReturnType<typeof startConnectionWorld>>;

/** A new connection. */
export async function made(app: ConnectionWorld, change: object = {}): Promise<{ id: string; etag: string }> {
  const answer = await app.call('createConnection', { body: { name: 'Constant Contact', ...change } });
  if (answer.status !== 201) throw new Error(answer.text);
  return { id: String(answer.json['id']), etag: answer.headers['etag'] ?? '' };
}

export async function agree(app: ConnectionWorld, id: string): Promise<void> {
  const { json } = await app.call('readConsent', { id });
  const { version } = json['text'] as { version: string };
  const answer = await app.call('acceptConsent', { id, body: { version } });
  if (answer.status !== 200) throw new Error(answer.text);
}

/** One that is agreed to and signed in. */
export async function connected(app: ConnectionWorld, change: object = {}): Promise<{ id: string }> {
  const { id } = await made(app, change);
  await agree(app, id);
  const page = await app.finish(await app.comeBack(id));
  if (page.status !== 200) throw new Error(page.text);
  return { id };
}
