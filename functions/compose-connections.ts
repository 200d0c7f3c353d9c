// The part of the app that deals with Constant Contact: one budget for all, tokens in the vault, and what people do with connections.
import { makeConnectionStore } from '../shared/connections/connection-store';
import { makeConnectionObserver, makeHealthFactsStore } from '../shared/connections/health-facts';
import { makeHealth } from '../shared/connections/health';
import { makeKeepAlive } from '../shared/connections/keep-alive';
import { makeManageConnections } from '../shared/connections/manage-connections';
import {
  makeRemoveConnection,
  type ConnectionExports,
  type RemoveConnection,
} from '../shared/connections/remove';
import { makeReportHealth } from '../shared/connections/report-health';
import { makeSignIn } from '../shared/connections/sign-in';
import { makeSignInStates } from '../shared/connections/sign-in-states';
import { makeBudget } from '../shared/constant-contact/budget';
import { makeConstantContact, type ConstantContact } from '../shared/constant-contact/client';
import { makeTokenEndpoint } from '../shared/constant-contact/token-endpoint';
import { LONGEST_REFRESH_CALL_MILLISECONDS, makeTokens } from '../shared/constant-contact/tokens';
import type { Settings } from '../shared/platform/settings';
import { clientSecretName, type Ground } from './ground';
import { milliseconds } from './milliseconds';

export function composeConnections(settings: Settings, { platform, clock, log }: Ground) {
  const { secrets, lease, tables } = platform;
  const clientId = settings.CONSTANT_CONTACT_CLIENT_ID;
  const requestTimeoutMs = milliseconds(settings.REQUEST_TIMEOUT_SECONDS);

  const budget = makeBudget({
    table: tables.budget,
    clientId,
    clock,
    log,
    perSecond: settings.CONSTANT_CONTACT_REQUESTS_PER_SECOND,
    perDay: settings.CONSTANT_CONTACT_REQUESTS_PER_DAY,
  });
  const endpoint = makeTokenEndpoint({
    fetch,
    tokenUrl: settings.CONSTANT_CONTACT_TOKEN_URL,
    clientId,
    clientSecretName,
    secrets,
    // Source: Constant Contact's support staff, one request a second at the token endpoint.
    budget: makeBudget({ table: tables.budget, clientId, purpose: 'token', clock, log, perSecond: 1 }),
    clock,
    log,
    timeoutMs: Math.min(requestTimeoutMs, LONGEST_REFRESH_CALL_MILLISECONDS),
  });

  const connections = makeConnectionStore(tables.connections);
  const facts = makeHealthFactsStore(tables.connections);
  const observer = makeConnectionObserver({ facts, clock, log });
  const tokens = makeTokens({ secrets, lease, endpoint, observer, clock, log });
  const client = (
    deps: Pick<Parameters<typeof makeConstantContact>[0], 'accessToken' | 'observe'>,
    onRequest: () => void = () => undefined,
  ) =>
    makeConstantContact({
      fetch,
      apiUrl: settings.CONSTANT_CONTACT_API_URL,
      budget: {
        ...budget,
        async reserve() {
          await budget.reserve();
          onRequest();
        },
      },
      log,
      clock,
      requestTimeoutMs,
      ...deps,
    });

  const health = makeHealth({ facts, budget, clock });

  return {
    budget,
    connections,
    tokens,
    constantContact: (connectionId: string, onRequest?: () => void): ConstantContact =>
      client(
        {
          accessToken: (asked) => tokens.accessToken(connectionId, asked),
          observe: (outcome) => observer.called(connectionId, outcome),
        },
        onRequest,
      ),
    manageConnections: makeManageConnections({ connections, clock, log }),
    health,
    reportHealth: makeReportHealth({ connections, health, clock, log }),
    keepAlive: makeKeepAlive({
      connections,
      facts,
      tokens,
      clock,
      log,
      idle: milliseconds(settings.KEEP_ALIVE_SECONDS),
    }),
    signIn: makeSignIn({
      connections,
      states: makeSignInStates({
        table: tables.connections,
        clock,
        life: milliseconds(settings.SIGN_IN_SECONDS),
      }),
      endpoint,
      tokens,
      accountOf: (accessToken) => client({ accessToken: () => Promise.resolve(accessToken) }),
      facts,
      observer,
      budget,
      clock,
      log,
      clientId,
      authorizeUrl: settings.CONSTANT_CONTACT_AUTHORIZE_URL,
      redirectUrl: settings.CONSTANT_CONTACT_REDIRECT_URL,
      pkce: settings.CONSTANT_CONTACT_PKCE,
    }),
    removeConnection: (exports: ConnectionExports): RemoveConnection =>
      makeRemoveConnection({
        connections,
        exports,
        tokens,
        facts,
        clock,
        log,
        patience: milliseconds(settings.REMOVAL_PATIENCE_SECONDS),
      }),
  };
}
