// The environment, read once into one typed value. Whatever is wrong with it is named in one error that stops the start.
import { z } from 'zod';
import { isCron } from './ncrontab';

/** A storage account: by connection string (loopback only, for Azurite), or by its endpoints, reached with the app's identity. */
export type StorageAccount =
  { readonly connectionString: string } | { readonly blobEndpoint: string; readonly tableEndpoint: string };

/** One of which only the blobs are used. */
export type BlobAccount = { readonly connectionString: string } | { readonly blobEndpoint: string };

export class SettingsFaulty extends Error {
  readonly code = 'settings-faulty';
  constructor(readonly faults: readonly string[]) {
    super(
      `The app cannot start, as its settings are wrong:\n${faults.map((fault) => `- ${fault}`).join('\n')}`,
    );
  }
}

const isLoopback = (url: string) =>
  URL.canParse(url) && ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname);

const url = z
  .url({ protocol: /^https?$/, message: 'is not a web address', abort: true })
  .refine(
    (value) => value.startsWith('https:') || isLoopback(value),
    'must start with https:// (http:// is for this machine only)',
  )
  .transform((value) => value.replace(/\/+$/, ''));
const seconds = (fallback: number, least = 0) =>
  z.coerce
    .number({ message: 'is not a number of seconds' })
    .min(least, `is less than ${least} seconds`)
    .default(fallback);
const count = (fallback: number, max: number) =>
  z.coerce
    .number({ message: 'is not a whole number' })
    .int('is not a whole number')
    .min(1, 'is less than 1')
    .max(max, `is more than ${max}`)
    .default(fallback);
const flag = z
  .enum(['true', 'false'], { message: 'is neither "true" nor "false"' })
  .default('false')
  .transform((value) => value === 'true');

/** Some numbers of seconds, or `off` for none. */
const pauses = (fallback: string) =>
  z
    .string()
    .regex(
      /^\s*(off|\d+(\.\d+)?(\s*,\s*\d+(\.\d+)?)*)\s*$/,
      'is neither "off" nor numbers of seconds with commas between',
    )
    .default(fallback)
    .transform((value) => (value.trim() === 'off' ? [] : value.split(',').map(Number)));

/** What `functionTimeout` in host.json allows an activity, in seconds: one that outlived its run may write until then. */
export const FUNCTION_TIMEOUT_SECONDS = 1800;

/** A refresh token that is not used ends after it, in seconds. Source: Constant Contact's support staff. */
const REFRESH_TOKEN_SECONDS = 180 * 86_400;

/** Each name is an environment variable, and of the same unit. */
const environment = z.object({
  SEGMENT_CONTAINER: z
    .string()
    .regex(
      /^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$/,
      'is not the name of a container: 3 to 63 lower-case letters, digits and single hyphens',
    ),
  SEGMENT_PREFIX: z
    .string()
    .default('')
    .transform((value) => value.replace(/^\/+|\/+$/g, '')),
  SEGMENT_LAYOUT: z
    .enum(['customer-insights', 'flat'], { message: 'is neither "customer-insights" nor "flat"' })
    .default('customer-insights'),
  KEY_VAULT_URL: url,
  AZURE_CLIENT_ID: z.string().optional(),
  AUTH_TENANT_ID: z.guid({ message: 'is not the id of a tenant (a GUID)' }),
  WEBSITE_AUTH_ENABLED: z
    .string()
    .default('false')
    .transform((value) => value.toLowerCase() === 'true'),
  CONSTANT_CONTACT_CLIENT_ID: z.string().min(1),
  CONSTANT_CONTACT_API_URL: url.default('https://api.cc.email/v3'),
  CONSTANT_CONTACT_TOKEN_URL: url.default('https://authz.constantcontact.com/oauth2/default/v1/token'),
  CONSTANT_CONTACT_AUTHORIZE_URL: url.default(
    'https://authz.constantcontact.com/oauth2/default/v1/authorize',
  ),
  CONSTANT_CONTACT_REDIRECT_URL: url.optional(),
  CONSTANT_CONTACT_PKCE: flag,
  CONSTANT_CONTACT_REQUESTS_PER_SECOND: count(4, 100),
  CONSTANT_CONTACT_REQUESTS_PER_DAY: count(10_000, 10_000_000),
  REQUEST_TIMEOUT_SECONDS: seconds(60, 0.1),
  SIGN_IN_SECONDS: seconds(600, 1),
  KEEP_ALIVE_SECONDS: seconds(7_776_000, 1).refine(
    (value) => value < REFRESH_TOKEN_SECONDS,
    `is not less than ${REFRESH_TOKEN_SECONDS} seconds: a sign-in that is not used ends after 180 days`,
  ),
  REMOVAL_PATIENCE_SECONDS: seconds(3600),
  CLAIM_SECONDS: seconds(120),
  IMPORT_SETTLE_SECONDS: seconds(60),
  POLL_FIRST_SECONDS: seconds(5, 0.1),
  POLL_LONGEST_SECONDS: seconds(60, 0.1),
  IMPORT_DEADLINE_SECONDS: seconds(3600),
  RETRY_FIRST_SECONDS: seconds(10, 0.1),
  RUN_RETRY_SECONDS: pauses('900,3600,14400'),
  RUN_WITHOUT_NEW_DATA: flag,
  RUN_RETENTION_DAYS: z.coerce
    .number({ message: 'is not a number of days' })
    .min(1, 'is less than 1 day')
    .default(90),
  AWAY_PAUSE_SECONDS: seconds(30),
  RUN_CLEANUP_SECONDS: seconds(3600).refine(
    (value) => value > FUNCTION_TIMEOUT_SECONDS,
    `is not more than ${FUNCTION_TIMEOUT_SECONDS} seconds, the functionTimeout in host.json`,
  ),
  SEGMENT_SETTLE_SECONDS: seconds(300),
  SCHEDULE_MISSED_SECONDS: seconds(300),
  SCHEDULE_CRON: z
    .string()
    .refine(isCron, 'is not an NCRONTAB expression of six fields, seconds first, such as 0 * * * * *')
    .default('0 * * * * *'),
  IMPORT_CONCURRENCY: count(16, 100),
  MAX_CONTACTS: count(1_000_000, 1_000_000),
  MAX_MALFORMED_PERCENT: z.coerce
    .number({ message: 'is not a number' })
    .min(0, 'is less than 0')
    .max(100, 'is more than 100')
    .default(5),
  CSV_BACKSLASH_ESCAPES: flag,
});

export type Settings = z.output<typeof environment> & {
  /** The host's own account, which also holds the app's tables and batch files. */
  readonly stateStorage: StorageAccount;
  readonly segmentStorage: BlobAccount;
};

const stateName = 'AzureWebJobsStorage';
const segmentName = 'SEGMENT_STORAGE';

/** The names of everything that the app reads from the environment, apart from the two storage accounts. */
export const settingNames: readonly string[] = Object.keys(environment.shape);

type Present = Readonly<Record<string, string | undefined>>;

const isLocal = (connectionString: string) => {
  if (/^UseDevelopmentStorage=true;?$/i.test(connectionString.trim())) return true;
  const endpoints = [...connectionString.matchAll(/\w+Endpoint=([^;]+)/gi)].map(
    ([, endpoint = '']) => endpoint,
  );
  return endpoints.length > 0 && endpoints.every(isLoopback);
};

/**
 * Reads one storage account by the Functions host's own naming: `NAME`, or `NAME__blobServiceUri` and so on, or
 * `NAME__accountName` for all of them.
 * @param services those that are used.
 */
function storageAccount(
  present: Present,
  name: string,
  services: readonly ('blob' | 'table')[],
  faults: string[],
): StorageAccount | undefined {
  const connectionString = present[name];
  if (connectionString) {
    if (isLocal(connectionString)) return { connectionString };
    faults.push(
      `${name} holds a connection string; outside this machine the app signs in with its identity: set ${name}__accountName instead`,
    );
    return undefined;
  }
  const account = present[`${name}__accountName`];
  if (account !== undefined && !/^[a-z0-9]{3,24}$/.test(account)) {
    faults.push(`${name}__accountName is not the name of a storage account`);
    return undefined;
  }
  const endpoints = { blob: '', table: '' };
  for (const service of services) {
    const variant = `${name}__${service}ServiceUri`;
    const given = present[variant] ?? (account && `https://${account}.${service}.core.windows.net`);
    if (!given) {
      const instead = present[`${name}__blobServiceUri`]
        ? `set ${variant} as well`
        : `set ${name}__accountName`;
      faults.push(`${name} is missing: ${instead} (or, for Azurite on this machine, ${name})`);
      return undefined;
    }
    const parsed = url.safeParse(given);
    if (parsed.success) endpoints[service] = parsed.data;
    else faults.push(...parsed.error.issues.map(({ message }) => `${variant} ${message}`));
  }
  return { blobEndpoint: endpoints.blob, tableEndpoint: endpoints.table };
}

/** Where sign-ins come back to when no setting names another address. The host tells the app its name, in Azure and on this machine. */
function ownCallback(hostName: string | undefined): string | undefined {
  if (hostName === undefined) return undefined;
  const scheme = isLoopback(`http://${hostName}`) ? 'http' : 'https';
  return `${scheme}://${hostName}/api/sign-in/callback`;
}

/** @throws {SettingsFaulty} that names every fault. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const faults: string[] = [];
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim()));
  const parsed = environment.safeParse(present);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const name = String(issue.path[0]);
      faults.push(present[name] === undefined ? `${name} is missing` : `${name} ${issue.message}`);
    }
  }
  const stateStorage = storageAccount(present, stateName, ['blob', 'table'], faults);
  const segmentStorage = storageAccount(present, segmentName, ['blob'], faults);
  const times = environment.pick({ REQUEST_TIMEOUT_SECONDS: true, CLAIM_SECONDS: true }).safeParse(present);
  if (times.success && times.data.CLAIM_SECONDS < 2 * times.data.REQUEST_TIMEOUT_SECONDS) {
    faults.push(
      'CLAIM_SECONDS must be at least twice REQUEST_TIMEOUT_SECONDS: a claim covers the call and the wait for its slot',
    );
  }
  const polls = environment.pick({ POLL_FIRST_SECONDS: true, POLL_LONGEST_SECONDS: true }).safeParse(present);
  if (polls.success && polls.data.POLL_FIRST_SECONDS > polls.data.POLL_LONGEST_SECONDS)
    faults.push('POLL_FIRST_SECONDS must not be more than POLL_LONGEST_SECONDS');
  if (!parsed.success || !stateStorage || !segmentStorage || faults.length > 0)
    throw new SettingsFaulty(faults);
  const redirect = parsed.data.CONSTANT_CONTACT_REDIRECT_URL ?? ownCallback(present.WEBSITE_HOSTNAME);
  return {
    ...parsed.data,
    ...(redirect === undefined ? {} : { CONSTANT_CONTACT_REDIRECT_URL: redirect }),
    stateStorage,
    segmentStorage,
  };
}
