// App Service's managed identity endpoint (2019-08-01): gives the app tokens that look like Entra ID's.
import { randomBytes, randomUUID } from 'node:crypto';
import { listenOnLoopback } from './loopback';

export interface IdentityEndpoint {
  /** For `IDENTITY_ENDPOINT`. */
  readonly url: string;
  /** For `IDENTITY_HEADER`: what a caller must know. */
  readonly header: string;
  stop(): Promise<void>;
}

const apiVersion = '2019-08-01';
const tokenSeconds = 86_400;

/** A token with the claims by which a resource knows that it is meant; nobody can check its signature. */
export function makeIdentityToken(resource: string, now: number = Date.now()): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const seconds = Math.floor(now / 1_000);
  const claims = {
    aud: resource,
    iss: 'https://sts.windows.net/emulated/',
    iat: seconds,
    nbf: seconds,
    exp: seconds + tokenSeconds,
    oid: 'emulated-app',
  };
  return `${part({ typ: 'JWT', alg: 'RS256', kid: 'emulated' })}.${part(claims)}.${randomBytes(256).toString('base64url')}`;
}

export async function startIdentityEndpoint(
  options: { readonly port?: number; readonly header?: string } = {},
): Promise<IdentityEndpoint> {
  const header = options.header ?? randomUUID();
  const server = await listenOnLoopback(options.port ?? 0, (request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const answer = (status: number, body: object) =>
      response
        .writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' })
        .end(JSON.stringify(body));
    const refuse = (status: number, message: string) =>
      answer(status, { statusCode: status, message, correlationId: randomUUID() });

    if (request.method !== 'GET' || url.pathname !== '/msi/token') return refuse(404, 'No such path.');
    if (request.headers['x-identity-header'] !== header)
      return refuse(401, 'X-IDENTITY-HEADER is missing or wrong.');
    if (url.searchParams.get('api-version') !== apiVersion)
      return refuse(400, `api-version must be ${apiVersion}.`);
    const resource = url.searchParams.get('resource');
    if (!resource) return refuse(400, 'resource is missing.');
    return answer(200, {
      access_token: makeIdentityToken(resource),
      // Seconds, as text: so App Service sends them.
      expires_on: String(Math.floor(Date.now() / 1_000) + tokenSeconds),
      resource,
      token_type: 'Bearer',
      client_id: url.searchParams.get('client_id') ?? '00000000-0000-4000-8000-000000000001',
    });
  });
  return { url: `${server.url}/msi/token`, header, stop: () => server.stop() };
}
