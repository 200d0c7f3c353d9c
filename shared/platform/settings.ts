// The environment, read once into one typed value. Whatever is wrong with it is named in one error that stops the start.
import { z } from 'zod';

/** A storage account: by connection string (loopback only, for Azurite), or by its endpoints, reached with the app's identity. */
export type StorageAccount =
  { readonly connectionString: string } | { readonly blobEndpoint: string; readonly tableEndpoint: string };

export class SettingsFaulty extends Error {
  readonly code = 'settings-faulty';
  constructor(readonly faults: readonly string[]) {
    super(
      `The app cannot start, as its settings are wrong:\n${faults.map((fault) => `- ${fault}`).join('\n')}`,
    );
  }
}

const isLoopback = (url: string) => ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname);

const url = z
  .url({ protocol: /^https?$/, message: 'is not a web address' })
  .refine(
    (value) => value.startsWith('https:') || isLoopback(value),
    'must start with https:// (http:// is for this machine only)',
  )
  .transform((value) => value.replace(/\/+$/, ''));
const seconds = (fallback: number) =>
  z.coerce
    .number({ message: 'is not a number of seconds' })
    .min(0)
    .default(fallback)
    .transform((value) => value * 1000);
const count = (fallback: number, max: number) =>
  z.coerce.number({ message: 'is not a whole number' }).int().min(1).max(max).default(fallback);
const flag = z
  .enum(['true', 'false'], { message: 'is neither "true" nor "false"' })
  .default('false')
  .transform((value) => value === 'true');

/** Each name is an environment variable. Durations are seconds in the environment and milliseconds in `Settings`. */
const environment = z.object({
  SEGMENT_CONTAINER: z.string().min(3),
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
  CONSTANT_CONTACT_REQUESTS_PER_SECOND: count(4, 100),
  CONSTANT_CONTACT_REQUESTS_PER_DAY: count(10_000, 10_000_000),
  REQUEST_TIMEOUT_SECONDS: seconds(60),
  CLAIM_SECONDS: seconds(120),
  IMPORT_SETTLE_SECONDS: seconds(60),
  POLL_FIRST_SECONDS: seconds(5),
  POLL_LONGEST_SECONDS: seconds(60),
  IMPORT_DEADLINE_SECONDS: seconds(3600),
  SEGMENT_SETTLE_SECONDS: seconds(300),
  SCHEDULE_CRON: z.string().default('0 * * * * *'),
  IMPORT_CONCURRENCY: count(8, 100),
  MAX_CONTACTS: count(1_000_000, 1_000_000),
  MAX_MALFORMED_PERCENT: z.coerce.number().min(0).max(100).default(5),
  CSV_BACKSLASH_ESCAPES: flag,
});

export type Settings = z.output<typeof environment> & {
  /** The host's own account, which also holds the app's tables and batch files. */
  readonly stateStorage: StorageAccount;
  readonly segmentStorage: StorageAccount;
};

/** The names of everything that the app reads from the environment. */
export const settingNames: readonly string[] = Object.keys(environment.shape);

/** Reads one storage account by the Functions host's own naming: `NAME`, or `NAME__blobServiceUri`, or `NAME__accountName`. */
function storageAccount(env: NodeJS.ProcessEnv, name: string, faults: string[]): StorageAccount | undefined {
  const connectionString = env[name];
  if (connectionString) {
    const endpoint = /BlobEndpoint=([^;]+)/i.exec(connectionString)?.[1];
    const local =
      /^UseDevelopmentStorage=true;?$/i.test(connectionString.trim()) ||
      (endpoint !== undefined && URL.canParse(endpoint) && isLoopback(endpoint));
    if (local) return { connectionString };
    faults.push(
      `${name} holds a connection string; outside this machine the app signs in with its identity: set ${name}__accountName instead`,
    );
    return undefined;
  }
  const account = env[`${name}__accountName`];
  const blobEndpoint =
    env[`${name}__blobServiceUri`] ?? (account && `https://${account}.blob.core.windows.net`);
  const tableEndpoint =
    env[`${name}__tableServiceUri`] ?? (account && `https://${account}.table.core.windows.net`);
  if (blobEndpoint && tableEndpoint) return { blobEndpoint, tableEndpoint };
  faults.push(`${name} is missing: set ${name}__accountName (or, for Azurite on this machine, ${name})`);
  return undefined;
}

/** @throws {SettingsFaulty} that names every fault. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const faults: string[] = [];
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = environment.safeParse(present);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const name = String(issue.path[0]);
      faults.push(present[name] === undefined ? `${name} is missing` : `${name} ${issue.message}`);
    }
  }
  const stateStorage = storageAccount(env, 'AzureWebJobsStorage', faults);
  const segmentStorage = storageAccount(env, 'SEGMENT_STORAGE', faults);
  if (parsed.success && parsed.data.REQUEST_TIMEOUT_SECONDS >= parsed.data.CLAIM_SECONDS) {
    faults.push(
      'CLAIM_SECONDS must be longer than REQUEST_TIMEOUT_SECONDS: a claim outlives the call that it covers',
    );
  }
  if (!parsed.success || !stateStorage || !segmentStorage) throw new SettingsFaulty(faults);
  if (faults.length > 0) throw new SettingsFaulty(faults);
  return { ...parsed.data, stateStorage, segmentStorage };
}
