// The Key Vault client. Its checks are relaxed for a vault on this machine, and for no other.
import type { TokenCredential } from '@azure/identity';
import { SecretClient } from '@azure/keyvault-secrets';

const loopback = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * `vaultUrl` is the vault's origin. An emulator on loopback speaks plain HTTP, and Key Vault's challenge cannot name its
 * domain: both are allowed there only.
 */
export function makeSecretClient(vaultUrl: string, credential: TokenCredential): SecretClient {
  if (!loopback.includes(new URL(vaultUrl).hostname)) return new SecretClient(vaultUrl, credential);
  const relaxed = { allowInsecureConnection: true, disableChallengeResourceVerification: true };
  return new SecretClient(vaultUrl, credential, relaxed);
}
