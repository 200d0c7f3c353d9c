// The Key Vault client. Its checks are relaxed for a vault on this machine, and for no other.
import type { TokenCredential } from '@azure/identity';
import { SecretClient } from '@azure/keyvault-secrets';

const loopback = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * `vaultUrl` is the vault's origin. An emulator on loopback speaks plain HTTP, and Key Vault's challenge cannot name its
 * domain: both are allowed there only.
 */
export function makeSecretClient(vaultUrl: string, credential: TokenCredential): SecretClient {
  const { hostname, host, protocol } = new URL(vaultUrl);
  if (!loopback.includes(hostname) || protocol !== 'http:') return new SecretClient(vaultUrl, credential);
  return new SecretClient(`https://${host}`, credential, {
    disableChallengeResourceVerification: true,
    // The client hands out no token for plain HTTP, not even where it is allowed: only the last step before the wire may know of it.
    additionalPolicies: [
      {
        position: 'perRetry',
        policy: {
          name: 'plainHttpOnLoopback',
          async sendRequest(request, next) {
            const { url } = request;
            request.url = url.replace(/^https:/, 'http:');
            request.allowInsecureConnection = true;
            try {
              return await next(request);
            } finally {
              request.url = url;
            }
          },
        },
      },
    ],
  });
}
