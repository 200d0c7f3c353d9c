// The environment as settings: every fault is named at once, and nothing unsafe is accepted.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FUNCTION_TIMEOUT_SECONDS, readSettings, SettingsFaulty } from '../../shared/platform/settings';
import { projectRoot } from '../support/project-root';

const needed = {
  AzureWebJobsStorage__accountName: 'appstate',
  SEGMENT_STORAGE__accountName: 'segments1',
  SEGMENT_CONTAINER: 'segments',
  KEY_VAULT_URL: 'https://vault.example.net/',
  AUTH_TENANT_ID: '7f3c1d52-0a4e-4b1f-8d39-5c2b6e0a9f11',
  CONSTANT_CONTACT_CLIENT_ID: 'client',
};
const without = (...names: (keyof typeof needed)[]) =>
  Object.fromEntries(Object.entries(needed).filter(([name]) => !names.includes(name as keyof typeof needed)));

function faultsOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    readSettings(env);
  } catch (error) {
    if (error instanceof SettingsFaulty) {
      for (const fault of error.faults) expect(error.message).toContain(fault);
      return error.faults;
    }
    throw error;
  }
  throw new Error('these settings are accepted');
}

const azurite = (blob: string, table: string) =>
  `DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;BlobEndpoint=${blob};QueueEndpoint=http://127.0.0.1:2/a;TableEndpoint=${table};`;

describe('the settings of a deployment', () => {
  test('need few values; the rest has defaults', () => {
    expect(readSettings(needed)).toEqual({
      SEGMENT_CONTAINER: 'segments',
      SEGMENT_PREFIX: '',
      SEGMENT_LAYOUT: 'customer-insights',
      KEY_VAULT_URL: 'https://vault.example.net',
      AUTH_TENANT_ID: needed.AUTH_TENANT_ID,
      WEBSITE_AUTH_ENABLED: false,
      CONSTANT_CONTACT_CLIENT_ID: 'client',
      CONSTANT_CONTACT_API_URL: 'https://api.cc.email/v3',
      CONSTANT_CONTACT_TOKEN_URL: 'https://authz.constantcontact.com/oauth2/default/v1/token',
      CONSTANT_CONTACT_AUTHORIZE_URL: 'https://authz.constantcontact.com/oauth2/default/v1/authorize',
      CONSTANT_CONTACT_PKCE: false,
      CONSTANT_CONTACT_REQUESTS_PER_SECOND: 4,
      CONSTANT_CONTACT_REQUESTS_PER_DAY: 10_000,
      REQUEST_TIMEOUT_SECONDS: 60,
      SIGN_IN_SECONDS: 600,
      KEEP_ALIVE_SECONDS: 7_776_000,
      REMOVAL_PATIENCE_SECONDS: 3_600,
      CLAIM_SECONDS: 120,
      IMPORT_SETTLE_SECONDS: 60,
      POLL_FIRST_SECONDS: 5,
      POLL_LONGEST_SECONDS: 60,
      IMPORT_DEADLINE_SECONDS: 3_600,
      RETRY_FIRST_SECONDS: 10,
      RUN_RETRY_SECONDS: [900, 3_600, 14_400],
      RUN_WITHOUT_NEW_DATA: false,
      RUN_RETENTION_DAYS: 90,
      AWAY_PAUSE_SECONDS: 30,
      RUN_CLEANUP_SECONDS: 3_600,
      SEGMENT_SETTLE_SECONDS: 300,
      SCHEDULE_MISSED_SECONDS: 300,
      SCHEDULE_CRON: '0 * * * * *',
      IMPORT_CONCURRENCY: 16,
      MAX_CONTACTS: 1_000_000,
      MAX_MALFORMED_PERCENT: 5,
      CSV_BACKSLASH_ESCAPES: false,
      stateStorage: {
        blobEndpoint: 'https://appstate.blob.core.windows.net',
        tableEndpoint: 'https://appstate.table.core.windows.net',
      },
      segmentStorage: expect.objectContaining({
        blobEndpoint: 'https://segments1.blob.core.windows.net',
      }) as unknown,
    });
  });

  test.each([
    [{ WEBSITE_HOSTNAME: 'app.example.net' }, 'https://app.example.net/api/sign-in/callback'],
    [{ WEBSITE_HOSTNAME: '127.0.0.1:7071' }, 'http://127.0.0.1:7071/api/sign-in/callback'],
    [{ WEBSITE_HOSTNAME: 'localhost:7071' }, 'http://localhost:7071/api/sign-in/callback'],
    [
      { WEBSITE_HOSTNAME: 'app.example.net', CONSTANT_CONTACT_REDIRECT_URL: 'https://own.example/back' },
      'https://own.example/back',
    ],
    [{}, undefined],
  ])('know where sign-ins come back to: %j', (names, address) => {
    expect(readSettings({ ...needed, ...names }).CONSTANT_CONTACT_REDIRECT_URL).toBe(address);
  });

  test('that are blank count as absent', () => {
    const settings = readSettings({
      ...needed,
      AZURE_CLIENT_ID: '',
      POLL_FIRST_SECONDS: ' ',
      SEGMENT_LAYOUT: '',
    });
    expect(settings).toMatchObject({ POLL_FIRST_SECONDS: 5, SEGMENT_LAYOUT: 'customer-insights' });
    expect(settings.AZURE_CLIENT_ID).toBeUndefined();
  });

  test.each([
    ['off', []],
    ['60', [60]],
    [' 0.5, 1,2 ', [0.5, 1, 2]],
  ])('name pauses: %j', (value, pauses) => {
    expect(readSettings({ ...needed, RUN_RETRY_SECONDS: value }).RUN_RETRY_SECONDS).toEqual(pauses);
  });

  test.each(['on', '1;2', '1,', '-1', '1e3'])('that are %j name no pauses', (value) => {
    expect(() => readSettings({ ...needed, RUN_RETRY_SECONDS: value })).toThrow(
      'RUN_RETRY_SECONDS is neither "off" nor numbers of seconds',
    );
  });

  test('ignore what is not theirs', () => {
    expect(readSettings({ ...needed, PATH: '/bin' })).not.toHaveProperty('PATH');
  });

  test('give times in seconds, with fractions', () => {
    expect(readSettings({ ...needed, POLL_FIRST_SECONDS: '0.29' }).POLL_FIRST_SECONDS).toBe(0.29);
  });

  test.each([
    ['true', true],
    ['True', true],
    ['false', false],
    ['1', false],
    ['yes', false],
  ])('say that authentication is on only by the word of the platform: %j', (text, on) => {
    expect(readSettings({ ...needed, WEBSITE_AUTH_ENABLED: text }).WEBSITE_AUTH_ENABLED).toBe(on);
  });

  test('take slashes around the prefix and behind addresses away', () => {
    expect(
      readSettings({ ...needed, SEGMENT_PREFIX: '/a/b//', KEY_VAULT_URL: 'https://v.example//' }),
    ).toMatchObject({
      SEGMENT_PREFIX: 'a/b',
      KEY_VAULT_URL: 'https://v.example',
    });
  });
});

describe('faulty settings', () => {
  test('are all named in one error', () => {
    expect(
      faultsOf({
        SEGMENT_STORAGE:
          'DefaultEndpointsProtocol=https;AccountName=x;AccountKey=secret;EndpointSuffix=core.windows.net',
        SEGMENT_CONTAINER: 'ab',
        SEGMENT_LAYOUT: 'csv',
        KEY_VAULT_URL: 'vault',
        AUTH_TENANT_ID: 'contoso',
        REQUEST_TIMEOUT_SECONDS: '120',
        POLL_FIRST_SECONDS: 'soon',
        IMPORT_CONCURRENCY: '0',
        MAX_CONTACTS: '1.5',
        CSV_BACKSLASH_ESCAPES: 'maybe',
      }).toSorted(),
    ).toEqual(
      [
        'AUTH_TENANT_ID is not the id of a tenant (a GUID)',
        'AzureWebJobsStorage is missing: set AzureWebJobsStorage__accountName (or, for Azurite on this machine, AzureWebJobsStorage)',
        'CLAIM_SECONDS must be at least twice REQUEST_TIMEOUT_SECONDS: a claim covers the call and the wait for its slot',
        'CONSTANT_CONTACT_CLIENT_ID is missing',
        'CSV_BACKSLASH_ESCAPES is neither "true" nor "false"',
        'IMPORT_CONCURRENCY is less than 1',
        'KEY_VAULT_URL is not a web address',
        'MAX_CONTACTS is not a whole number',
        'POLL_FIRST_SECONDS is not a number of seconds',
        'SEGMENT_CONTAINER is not the name of a container: 3 to 63 lower-case letters, digits and single hyphens',
        'SEGMENT_LAYOUT is neither "customer-insights" nor "flat"',
        'SEGMENT_STORAGE holds a connection string; outside this machine the app signs in with its identity: set SEGMENT_STORAGE__accountName instead',
      ].toSorted(),
    );
  });

  test('are told without their values: one could be a secret', () => {
    const text = faultsOf({ ...needed, SEGMENT_STORAGE: 'AccountName=x;AccountKey=c2VjcmV0' }).join();
    expect(text).not.toContain('c2VjcmV0');
  });

  test.each<[string, NodeJS.ProcessEnv, string]>([
    ['a request per second too many', { CONSTANT_CONTACT_REQUESTS_PER_SECOND: '101' }, 'is more than 100'],
    ['a negative time', { CLAIM_SECONDS: '-1' }, 'CLAIM_SECONDS is less than 0 seconds'],
    ['polling without a pause', { POLL_FIRST_SECONDS: '0' }, 'POLL_FIRST_SECONDS is less than 0.1 seconds'],
    [
      'more contacts than an export may have',
      { MAX_CONTACTS: '1000001' },
      'MAX_CONTACTS is more than 1000000',
    ],
    ['more than all rows', { MAX_MALFORMED_PERCENT: '101' }, 'MAX_MALFORMED_PERCENT is more than 100'],
    ['no percentage', { MAX_MALFORMED_PERCENT: 'few' }, 'MAX_MALFORMED_PERCENT is not a number'],
    [
      'a call without time',
      { REQUEST_TIMEOUT_SECONDS: '0' },
      'REQUEST_TIMEOUT_SECONDS is less than 0.1 seconds',
    ],
    [
      'polling that begins slower than it ends',
      { POLL_FIRST_SECONDS: '61' },
      'POLL_FIRST_SECONDS must not be more than POLL_LONGEST_SECONDS',
    ],
    [
      'a sign-in that ends before it is renewed',
      { KEEP_ALIVE_SECONDS: String(180 * 86_400) },
      'KEEP_ALIVE_SECONDS is not less than 15552000 seconds',
    ],
    [
      'a clean-up while an activity may still write',
      { RUN_CLEANUP_SECONDS: '1800' },
      'RUN_CLEANUP_SECONDS is not more than 1800 seconds, the functionTimeout in host.json',
    ],
    ['a claim as long as a call', { CLAIM_SECONDS: '60' }, 'CLAIM_SECONDS must be at least twice'],
    ['a call as long as a claim', { REQUEST_TIMEOUT_SECONDS: '120' }, 'CLAIM_SECONDS must be at least twice'],
    [
      'an account name that is an address',
      { SEGMENT_STORAGE__accountName: 'evil.example/x' },
      'SEGMENT_STORAGE__accountName is not the name',
    ],
  ])('%s', (_name, change, fault) => {
    expect(faultsOf({ ...needed, ...change })).toEqual([expect.stringContaining(fault)]);
  });
});

test('the time that host.json gives to an activity is the one that the clean-up waits for', () => {
  const { functionTimeout } = JSON.parse(readFileSync(join(projectRoot(), 'host.json'), 'utf8')) as {
    functionTimeout: string;
  };
  const [hours = 0, minutes = 0, rest = 0] = functionTimeout.split(':').map(Number);
  expect(hours * 3600 + minutes * 60 + rest).toBe(FUNCTION_TIMEOUT_SECONDS);
});

test.each([
  '0 * * * * *',
  '*/15 * * * * *',
  '0 0 5 31 1 *',
  '0 30 9 * Jan Mon-Fri',
  '0 0,30 8-18/2 * * 1',
  ' 5  4 3 2 1 0 ',
])('the timer can be set to %j', (cron) => {
  expect(readSettings({ ...needed, SCHEDULE_CRON: cron }).SCHEDULE_CRON).toBe(cron);
});

test.each([
  'bad',
  '* * * * *',
  '0 * * * * * *',
  '60 * * * * *',
  '0 * 24 * * *',
  '0 * * 0 * *',
  '0 * * * * 7',
  '0 */0 * * * *',
  '0 1-2-3 * * * *',
  '0 * * * foo *',
  '0 , * * * *',
])('the timer cannot be set to %j', (cron) => {
  expect(faultsOf({ ...needed, SCHEDULE_CRON: cron })).toEqual([
    'SCHEDULE_CRON is not an NCRONTAB expression of six fields, seconds first, such as 0 * * * * *',
  ]);
});

test.each(['Bad_Name!', 'segments-', '-segments', 'a--b', 'ab', 'x'.repeat(64), 'Segments'])(
  '%j is not the name of a container',
  (name) => {
    expect(faultsOf({ ...needed, SEGMENT_CONTAINER: name })).toEqual([
      expect.stringContaining('SEGMENT_CONTAINER is not the name of a container'),
    ]);
  },
);

describe('an address', () => {
  const names = ['KEY_VAULT_URL', 'CONSTANT_CONTACT_API_URL', 'CONSTANT_CONTACT_TOKEN_URL'] as const;

  test.each(names)('of %s may be http:// on this machine only', (name) => {
    for (const host of ['127.0.0.1:1', 'localhost:1', '[::1]:1'])
      expect(readSettings({ ...needed, [name]: `http://${host}` })[name]).toBe(`http://${host}`);
    for (const host of ['vault.example', '127.0.0.1.example', 'localhost.example', '10.0.0.1'])
      expect(faultsOf({ ...needed, [name]: `http://${host}` })).toEqual([
        `${name} must start with https:// (http:// is for this machine only)`,
      ]);
  });

  test.each(['ftp://127.0.0.1', 'file:///etc', 'javascript:alert(1)', 'vault', '//vault'])(
    'is not %s',
    (value) => {
      expect(faultsOf({ ...needed, KEY_VAULT_URL: value })[0]).toMatch(/^KEY_VAULT_URL is not a web address/);
    },
  );
});

describe('a storage account', () => {
  test('is reached by a connection string only on this machine', () => {
    for (const local of [
      'UseDevelopmentStorage=true',
      'UseDevelopmentStorage=true;',
      azurite('http://127.0.0.1:1/a', 'http://localhost:3/a'),
    ]) {
      const settings = readSettings({ ...needed, AzureWebJobsStorage: local, SEGMENT_STORAGE: local });
      expect(settings.stateStorage).toEqual({ connectionString: local });
      expect(settings.segmentStorage).toEqual({ connectionString: local });
    }
  });

  test.each([
    ['elsewhere', azurite('https://x.blob.core.windows.net', 'https://x.table.core.windows.net')],
    ['partly elsewhere', azurite('http://127.0.0.1:1/a', 'https://x.table.core.windows.net')],
    [
      'with a shared access signature',
      'BlobEndpoint=https://x.blob.core.windows.net;SharedAccessSignature=sv=1&sig=x',
    ],
    ['through a proxy', 'UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://evil.example'],
    ['that is none', 'appstate'],
  ])('is refused with a connection string %s', (_name, connectionString) => {
    expect(faultsOf({ ...needed, AzureWebJobsStorage: connectionString })).toEqual([
      expect.stringContaining('AzureWebJobsStorage holds a connection string'),
    ]);
  });

  test('can be named by its endpoints, as the host names them', () => {
    const settings = readSettings({
      ...without('AzureWebJobsStorage__accountName'),
      AzureWebJobsStorage__blobServiceUri: 'https://b.example/',
      AzureWebJobsStorage__queueServiceUri: 'https://q.example',
      AzureWebJobsStorage__tableServiceUri: 'https://t.example',
    });
    expect(settings.stateStorage).toEqual({
      blobEndpoint: 'https://b.example',
      tableEndpoint: 'https://t.example',
    });
  });

  test('of the segments needs only its blobs', () => {
    const settings = readSettings({
      ...without('SEGMENT_STORAGE__accountName'),
      SEGMENT_STORAGE__blobServiceUri: 'https://b.example',
    });
    expect(settings.segmentStorage).toMatchObject({ blobEndpoint: 'https://b.example' });
  });

  test('of the app needs tables too, and says so', () => {
    expect(
      faultsOf({
        ...without('AzureWebJobsStorage__accountName'),
        AzureWebJobsStorage__blobServiceUri: 'https://b.example',
      }),
    ).toEqual([expect.stringContaining('set AzureWebJobsStorage__tableServiceUri as well')]);
  });

  test('is reached by https:// only', () => {
    expect(faultsOf({ ...needed, SEGMENT_STORAGE__blobServiceUri: 'http://b.example' })).toEqual([
      'SEGMENT_STORAGE__blobServiceUri must start with https:// (http:// is for this machine only)',
    ]);
  });

  test('that is missing is named with what to set', () => {
    expect(faultsOf(without('SEGMENT_STORAGE__accountName'))).toEqual([
      'SEGMENT_STORAGE is missing: set SEGMENT_STORAGE__accountName (or, for Azurite on this machine, SEGMENT_STORAGE)',
    ]);
  });
});
