// The HTTP functions with everything behind them: a Constant Contact to ask, a signed-in connection, segments to read, and a Durable
// extension that takes whatever it is asked.
import { etagOf } from '../../functions/http/etag';
import { makeHealthFactsStore } from '../../shared/connections/health-facts';
import { tokenSecretName } from '../../shared/constant-contact/token-secret';
import { startConstantContact } from '../emulators/constant-contact/emulator';
import { listId, noon } from '../runs/support/fixtures';
import { origin, startHttpWorld, type HttpWorld } from './http-world';

export interface WholeWorld extends HttpWorld {
  readonly constantContact: Awaited<ReturnType<typeof startConstantContact>>;
  /** The header that names the stored version of an export. */
  versionOf(exportId: string): Promise<{ 'if-match': string }>;
}

const redirectUrl = `${origin}/api/sign-in/callback`;

export async function startWholeWorld(): Promise<WholeWorld> {
  let now = () => noon;
  const constantContact = await startConstantContact({
    clock: { now: () => now() },
    clients: [
      {
        clientId: 'client',
        clientSecret: 'client-secret',
        refreshTokens: 'rotating',
        redirectUris: [redirectUrl],
      },
    ],
    limits: { perSecond: 1_000_000, perDay: 1_000_000_000 },
    seed: { lists: [{ name: 'Customers', id: listId }], customFields: [{ label: 'Points' }] },
  });
  const app = await startHttpWorld({
    SEGMENT_LAYOUT: 'flat',
    CONSTANT_CONTACT_CLIENT_ID: constantContact.clientId,
    CONSTANT_CONTACT_API_URL: constantContact.apiUrl,
    CONSTANT_CONTACT_TOKEN_URL: constantContact.tokenUrl,
    CONSTANT_CONTACT_AUTHORIZE_URL: constantContact.authorizeUrl,
    CONSTANT_CONTACT_REDIRECT_URL: redirectUrl,
  });
  now = () => app.time.clock.now();

  app.secrets.stored.set('constant-contact-client-secret', constantContact.clientSecret);
  const facts = makeHealthFactsStore(app.tables.connections);
  for (const connectionId of ['main', 'private']) {
    const { access_token, refresh_token, expires_in } = constantContact.issueTokens();
    const expiresAt = new Date(noon + expires_in * 1000).toISOString();
    const tokens = { accessToken: access_token, refreshToken: refresh_token, expiresAt };
    app.secrets.stored.set(tokenSecretName(connectionId), JSON.stringify(tokens));
    await facts.update(connectionId, (before) => ({
      ...before,
      tokensObtainedAt: new Date(noon).toISOString(),
    }));
  }
  const rows =
    'CustomerId,Email,FirstName\r\n1,ada@example.com,Ada\r\n2,nobody,Bob\r\n3,ADA@example.com,Eve\r\n';
  await app.segmentFiles.write('customers/1.csv', Buffer.from(rows), 'text/csv');
  await app.segmentFiles.write('no files/read.me', Buffer.from('-'), 'text/plain');
  let started = false;
  app.durable.answer(({ method, url }) => {
    if (method === 'POST') {
      started ||= !url.includes('/raiseEvent/');
      return { status: 202, body: { id: 'x' } };
    }
    if (!started) return { status: 404 };
    const at = new Date(noon).toISOString();
    const body = {
      name: 'exportRun',
      instanceId: 'x',
      runtimeStatus: 'Running',
      createdTime: at,
      lastUpdatedTime: at,
    };
    return { status: 202, body };
  });

  return {
    ...app,
    constantContact,
    async versionOf(exportId) {
      const stored = await app.exports.get(exportId);
      if (!stored) throw new Error(`there is no export ${exportId}`);
      return { 'if-match': etagOf(stored) };
    },
    async stop() {
      await Promise.all([app.stop(), constantContact.stop()]);
    },
  };
}
