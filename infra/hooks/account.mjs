// Who deploys, and into which directory.
import { HookStopped } from './stopped.mjs';

async function show(run, subscriptionId) {
  const which = subscriptionId ? ['--subscription', subscriptionId] : [];
  const answer = await run('az', ['account', 'show', ...which, '--output', 'json', '--only-show-errors']);
  if (answer.code === 0) return JSON.parse(answer.stdout);
  if (answer.stderr.includes('az login'))
    throw new HookStopped('The Azure CLI is not signed in.', 'Run "az login".');
  throw new HookStopped(
    `The Azure CLI does not know the subscription: ${answer.stderr.trim()}`,
    'Run "az login" with an account that can see it.',
  );
}

/**
 * Microsoft Graph is asked in the directory of the CLI's current subscription: it must be that of the deployment.
 * @throws {HookStopped} when it is another, or nobody is signed in
 */
export async function readAccount(run, subscriptionId) {
  const current = await show(run, undefined);
  const target = subscriptionId && subscriptionId !== current.id ? await show(run, subscriptionId) : current;
  if (target.tenantId !== current.tenantId)
    throw new HookStopped(
      'The Azure CLI is signed in to another directory than that of the subscription.',
      `Run "az account set --subscription ${target.id}".`,
    );
  return { subscriptionId: target.id, tenantId: target.tenantId, user: current.user };
}

/** @returns {Promise<string>} the object id of the person, or of the service principal, that is signed in */
export async function readDeployer({ graph }, { user }) {
  const path = user.type === 'servicePrincipal' ? `/servicePrincipals(appId='${user.name}')` : '/me';
  const deployer = await graph.get(path);
  if (!deployer) throw new HookStopped(`${path} is not in this directory.`, 'Run "az login".');
  return deployer.id;
}
