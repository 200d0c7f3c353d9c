// azd's hook before it makes the resources: the app registration with its roles, and the role Administrator for whoever deploys.
import { run } from './command-line.mjs';
import { ensureAdministrator, ensureRegistration, ensureServicePrincipal } from './directory.mjs';
import { makeGraph } from './graph.mjs';
import { readAccount, readDeployer } from './account.mjs';
import { readSettings, store } from './environment.mjs';
import { runHook } from './stopped.mjs';

const say = (text) => console.log(`Entra ID: ${text}`);

await runHook(async () => {
  const settings = readSettings(process.env, ['AZURE_ENV_NAME']);
  if (settings.manual) return say('left alone (AUTH_SETUP is manual)');
  const account = await readAccount(run, settings.subscriptionId);
  const deps = { graph: makeGraph({ run, secondsBetweenTries: settings.secondsBetweenTries }), say };
  const displayName = `segments-to-constant-contact-${settings.environment}`;
  const registration = await ensureRegistration(deps, {
    clientId: settings.clientId,
    displayName,
    name: `${displayName}-${account.subscriptionId}`,
  });
  const values = { AUTH_CLIENT_ID: registration.appId, AUTH_TENANT_ID: account.tenantId };
  await store(run, settings.environment, values, process.env);
  const servicePrincipal = await ensureServicePrincipal(deps, registration);
  await ensureAdministrator(deps, registration, servicePrincipal, await readDeployer(deps, account));
  say(`the app registration ${registration.appId} is ready`);
});
