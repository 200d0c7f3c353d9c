// azd's hook after it has made the resources: sign-in comes back to the app, and needs no secret.
import { run } from './command-line.mjs';
import { readAccount } from './account.mjs';
import { ensureSignIn } from './directory.mjs';
import { readSettings } from './environment.mjs';
import { makeGraph } from './graph.mjs';
import { runHook } from './stopped.mjs';

const say = (text) => console.log(`Entra ID: ${text}`);
const needed = ['AUTH_CLIENT_ID', 'AUTH_TENANT_ID', 'FUNCTION_APP_HOST', 'IDENTITY_PRINCIPAL_ID'];

await runHook(async () => {
  const settings = readSettings(process.env, needed);
  if (settings.manual) return say('left alone (AUTH_SETUP is manual)');
  await readAccount(run, settings.subscriptionId);
  const deps = { graph: makeGraph({ run, secondsBetweenTries: settings.secondsBetweenTries }), say };
  await ensureSignIn(deps, settings);
  say(`sign-in on ${settings.host} is ready`);
});
