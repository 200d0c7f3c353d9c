// Runs Key Vault and the managed identity endpoint alone, beside another Functions host: `node azure-main.js [vault port]
// [identity port] [data file]`, with the secret header of the app's settings in IDENTITY_HEADER. Prints the settings by which the
// app finds them.
import { startIdentityEndpoint } from './identity';
import { startKeyVault } from './key-vault';

async function main(): Promise<void> {
  const [vaultPort = '0', identityPort = '0', dataFile] = process.argv.slice(2);
  const vault = await startKeyVault({ port: Number(vaultPort), ...(dataFile !== undefined && { dataFile }) });
  const header = process.env['IDENTITY_HEADER'];
  const identity = await startIdentityEndpoint({ port: Number(identityPort), ...(header && { header }) });
  console.log(
    `KEY_VAULT_URL=${vault.url}\nIDENTITY_ENDPOINT=${identity.url}\nIDENTITY_HEADER=${identity.header}`,
  );
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void Promise.all([vault.stop(), identity.stop()]));
  }
}

void main();
