// What azd tells its hooks in environment variables, and what they tell azd.
import { HookStopped } from './stopped.mjs';

/** Names of the variables, by what they are here. */
const names = {
  environment: 'AZURE_ENV_NAME',
  subscriptionId: 'AZURE_SUBSCRIPTION_ID',
  clientId: 'AUTH_CLIENT_ID',
  tenantId: 'AUTH_TENANT_ID',
  host: 'FUNCTION_APP_HOST',
  principalId: 'IDENTITY_PRINCIPAL_ID',
};

/** @param needed names of variables without which the hook cannot do its work */
export function readSettings(env, needed) {
  const manual = env.AUTH_SETUP === 'manual';
  const missing = (manual ? ['AUTH_CLIENT_ID', 'AUTH_TENANT_ID'] : needed).filter((name) => !env[name]);
  if (missing.length > 0)
    throw new HookStopped(
      `${missing.join(', ')}: not set in azd's environment.`,
      manual
        ? 'AUTH_SETUP is manual: set them as docs/entra-id.md says, with "azd env set".'
        : 'Start this through azd ("azd provision"), which sets them.',
    );
  return {
    manual,
    secondsBetweenTries: Number(env.ENTRA_RETRY_SECONDS ?? 3),
    ...Object.fromEntries(Object.entries(names).map(([key, name]) => [key, env[name] || undefined])),
  };
}

/** Stores what azd's environment does not say yet. */
export async function store(run, environment, values, env) {
  for (const [name, value] of Object.entries(values)) {
    if (env[name] === value) continue;
    const answer = await run('azd', ['env', 'set', name, value, '--environment', environment]);
    if (answer.code !== 0)
      throw new HookStopped(
        `azd did not take ${name}: ${answer.stderr.trim()}`,
        `Run: azd env set ${name} ${value}`,
      );
  }
}
