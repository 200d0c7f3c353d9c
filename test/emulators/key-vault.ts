// Key Vault's secrets API on loopback, near enough for the real `@azure/keyvault-secrets`: bearer challenge, versions,
// soft delete, error bodies. Tokens must be meant for Key Vault; their signature is not looked at.
import { z } from 'zod';
import { jsonOf, readCall, send, type Answer, type Call } from './call';
import { makeSecrets, type Secret, type Secrets, type Version } from './key-vault-secrets';
import { listenOnLoopback } from './loopback';

export interface VaultFault {
  readonly status: 403 | 429 | 500 | 503;
  /** Calls that it hits. */
  readonly times: number;
  readonly method?: string;
  /** Whether the call does its work before it is answered so. */
  readonly when?: 'before' | 'after';
  readonly retryAfterSeconds?: number;
}

export interface KeyVault {
  /** The vault's URL, without a slash at its end. */
  readonly url: string;
  fail(fault: VaultFault): void;
  /** Calls that carried a token, by method and path, the oldest first. */
  calls(): readonly string[];
  stop(): Promise<void>;
}

export interface KeyVaultOptions {
  readonly port?: number;
  /** Where secrets are kept, in clear, so that they survive a restart; in memory only if absent. */
  readonly dataFile?: string;
  /** Of the times of versions. */
  readonly clock?: { now(): number };
}

const resource = 'https://vault.azure.net';
const retentionSeconds = 90 * 86_400;
const longestValue = 25_600;
const longestPage = 25;

const failure = (status: number, code: string, message: string, inner?: string): Answer => ({
  status,
  body: { error: { code, message, ...(inner !== undefined && { innererror: { code: inner } }) } },
});

const missing = (name: string) =>
  failure(
    404,
    'SecretNotFound',
    `A secret with (name/id) ${name} was not found in this key vault. If you recently deleted this secret you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182`,
  );

const faultBodies: Record<VaultFault['status'], readonly [code: string, message: string, inner?: string]> = {
  403: [
    'Forbidden',
    'The caller is not authorized to perform the action on the resource.',
    'ForbiddenByRbac',
  ],
  429: ['Throttled', 'Too many requests. Please try again later.'],
  500: ['InternalServerError', 'Internal server error.'],
  503: ['ServiceUnavailable', 'The service is unavailable.'],
};

const changes = z.object({
  contentType: z.string().optional(),
  tags: z.record(z.string(), z.string()).optional(),
  attributes: z
    .object({ enabled: z.boolean().optional(), nbf: z.number().optional(), exp: z.number().optional() })
    .optional(),
});
const newSecret = changes.extend({ value: z.string().max(longestValue) });

/** Whether a token is a JWT for Key Vault that has not expired. */
function isMeantForVault(authorization: string | undefined): boolean {
  const payload = /^Bearer [^.]+\.([^.]+)\.[^.]+$/i.exec(authorization ?? '')?.[1];
  if (payload === undefined) return false;
  try {
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as {
      aud?: unknown;
      exp?: unknown;
    };
    return String(claims.aud).replace(/\/$/, '') === resource && Number(claims.exp) * 1_000 > Date.now();
  } catch {
    return false;
  }
}

export async function startKeyVault(options: KeyVaultOptions = {}): Promise<KeyVault> {
  const secrets = makeSecrets(options.dataFile, options.clock);
  let faults: { fault: VaultFault; left: number }[] = [];
  const calls: string[] = [];

  function answer(call: Call, url: string): Answer {
    if (!isMeantForVault(call.headers.authorization)) {
      const challenge = `Bearer authorization="https://login.windows.net/00000000-0000-4000-8000-0000000000aa", resource="${resource}"`;
      const message = 'AKV10000: Request is missing a Bearer or PoP token.';
      return { ...failure(401, 'Unauthorized', message), headers: { 'WWW-Authenticate': challenge } };
    }
    calls.push(`${call.method} ${call.path}`);
    if (!call.query.has('api-version'))
      return failure(400, 'BadParameter', 'The request is missing api-version.');
    const hit = faults.find(({ fault }) => (fault.method ?? call.method) === call.method);
    if (!hit) return handle(call, url, secrets);
    hit.left -= 1;
    faults = faults.filter(({ left }) => left > 0);
    const { status, when, retryAfterSeconds } = hit.fault;
    if (when === 'after') handle(call, url, secrets);
    const reply = failure(status, ...faultBodies[status]);
    return retryAfterSeconds === undefined
      ? reply
      : { ...reply, headers: { 'Retry-After': String(retryAfterSeconds) } };
  }

  const server = await listenOnLoopback(options.port ?? 0, (request, response) => {
    void readCall(request, Date.now()).then(
      (call) => {
        // The addresses in answers are `https:`, as Key Vault's are: its client follows no other one to a next page.
        send(response, answer(call, `https://${request.headers.host ?? ''}`), {
          'Content-Type': 'application/json; charset=utf-8',
        });
      },
      () => response.destroy(),
    );
  });
  return {
    url: server.url,
    fail: (fault) => void faults.push({ fault, left: fault.times }),
    calls: () => [...calls],
    stop: () => server.stop(),
  };
}

function handle(call: Call, url: string, secrets: Secrets): Answer {
  const [collection, name = '', rest = ''] = call.path.split('/').slice(1);
  if (name !== '' && !/^[0-9a-zA-Z-]{1,127}$/.test(name))
    return failure(400, 'BadParameter', 'The name of the secret is not valid.');
  switch (`${call.method} ${collection ?? ''}`) {
    case 'GET secrets':
      if (name === '')
        return list(
          call,
          url,
          secrets.all().map(([key, secret]) => item(`${url}/secrets/${key}`, newest(secret))),
        );
      return rest === 'versions' ? listVersions(call, url, name, secrets) : get(url, name, rest, secrets);
    case 'PUT secrets':
      return put(call, url, name, secrets);
    case 'PATCH secrets':
      return patch(call, url, name, rest, secrets);
    case 'DELETE secrets': {
      const secret = secrets.live(name);
      if (!secret) return missing(name);
      secrets.delete(secret);
      return { status: 200, body: deletedBundle(url, name, secret) };
    }
    case 'GET deletedsecrets': {
      if (name === '')
        return list(
          call,
          url,
          secrets.allDeleted().map(([key, secret]) => deletedBundle(url, key, secret)),
        );
      const secret = secrets.deleted(name);
      return secret ? { status: 200, body: deletedBundle(url, name, secret) } : missing(name);
    }
    case 'DELETE deletedsecrets':
      if (!secrets.deleted(name)) return missing(name);
      secrets.purge(name);
      return { status: 204 };
    case 'POST deletedsecrets': {
      const secret = secrets.deleted(name);
      if (!secret || rest !== 'recover') return missing(name);
      secrets.recover(secret);
      return { status: 200, body: item(`${url}/secrets/${name}`, newest(secret)) };
    }
    default:
      return failure(405, 'MethodNotAllowed', 'This emulator does not have that operation.');
  }
}

const newest = (secret: Secret): Version => secret.versions.at(-1)!;

function get(url: string, name: string, id: string, secrets: Secrets): Answer {
  const secret = secrets.live(name);
  if (!secret) return missing(name);
  const version = id === '' ? newest(secret) : secret.versions.find((one) => one.id === id);
  if (!version) return missing(`${name}/${id}`);
  if (!version.attributes.enabled)
    return failure(403, 'Forbidden', 'Operation get is not allowed on a disabled secret.', 'SecretDisabled');
  return {
    status: 200,
    body: { value: version.value, ...item(`${url}/secrets/${name}/${version.id}`, version) },
  };
}

function put(call: Call, url: string, name: string, secrets: Secrets): Answer {
  const wanted = newSecret.safeParse(jsonOf(call));
  if (name === '' || !wanted.success)
    return failure(400, 'BadParameter', 'The secret has no value, or one that is not valid.');
  if (secrets.deleted(name)) {
    const message = `Secret ${name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the secret can only be recovered or purged.`;
    return failure(409, 'Conflict', message, 'ObjectIsDeletedButRecoverable');
  }
  const version = secrets.add(name, wanted.data.value, wanted.data);
  return {
    status: 200,
    body: { value: version.value, ...item(`${url}/secrets/${name}/${version.id}`, version) },
  };
}

function patch(call: Call, url: string, name: string, id: string, secrets: Secrets): Answer {
  const wanted = changes.safeParse(jsonOf(call));
  if (!wanted.success) return failure(400, 'BadParameter', 'The properties are not valid.');
  const secret = secrets.live(name);
  const version = id === '' ? secret && newest(secret) : secret?.versions.find((one) => one.id === id);
  if (!version) return missing(`${name}/${id}`);
  secrets.update(version, wanted.data);
  return { status: 200, body: item(`${url}/secrets/${name}/${version.id}`, version) };
}

function listVersions(call: Call, url: string, name: string, secrets: Secrets): Answer {
  const secret = secrets.live(name);
  if (!secret) return missing(name);
  // Key Vault lists versions by id, which says nothing about their age.
  const versions = [...secret.versions].sort((a, b) => (a.id < b.id ? -1 : 1));
  return list(
    call,
    url,
    versions.map((version) => item(`${url}/secrets/${name}/${version.id}`, version)),
  );
}

function list(call: Call, url: string, items: readonly object[]): Answer {
  const most = Math.min(longestPage, Number(call.query.get('maxresults') ?? longestPage));
  const start = Number(call.query.get('$skiptoken') ?? 0);
  const next = new URL(call.path, url);
  for (const [name, value] of call.query) next.searchParams.set(name, value);
  next.searchParams.set('$skiptoken', String(start + most));
  const nextLink = start + most < items.length ? next.href : null;
  return { status: 200, body: { value: items.slice(start, start + most), nextLink } };
}

const item = (id: string, version: Version) => ({
  id,
  ...(version.contentType !== undefined && { contentType: version.contentType }),
  attributes: { ...version.attributes, recoveryLevel: 'Recoverable+Purgeable', recoverableDays: 90 },
  tags: version.tags ?? {},
});

const deletedBundle = (url: string, name: string, secret: Secret) => ({
  ...item(`${url}/secrets/${name}/${newest(secret).id}`, newest(secret)),
  recoveryId: `${url}/deletedsecrets/${name}`,
  deletedDate: secret.deletedAt,
  scheduledPurgeDate: (secret.deletedAt ?? 0) + retentionSeconds,
});
