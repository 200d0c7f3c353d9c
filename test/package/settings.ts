// Settings with which the app starts anywhere: it finds nothing behind them, and does not look before it is asked for something.

/** The environment of the worker process, without what this machine's own says. */
export function startSettings(): Readonly<Record<string, string>> {
  const own = ['PATH', 'HOME', 'TMPDIR', 'SystemRoot', 'TEMP', 'TMP'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  return {
    ...(Object.fromEntries(own) as Record<string, string>),
    TZ: 'UTC',
    AzureWebJobsStorage: 'UseDevelopmentStorage=true',
    SEGMENT_STORAGE: 'UseDevelopmentStorage=true',
    SEGMENT_CONTAINER: 'segments',
    KEY_VAULT_URL: 'https://vault.example.net',
    AUTH_TENANT_ID: '7f3c1d52-0a4e-4b1f-8d39-5c2b6e0a9f11',
    CONSTANT_CONTACT_CLIENT_ID: 'client',
    WEBSITE_AUTH_ENABLED: 'true',
  };
}
