// What the app stands on, as probes: each uses the right that the app needs there, and says what to look at when it fails.
import type { Platform } from '../shared/platform/open-platform';
import { makeReadiness, NotReady, type Readiness } from '../shared/platform/readiness';
import { clientSecretName } from './ground';

export function readinessOf(platform: Platform): Readiness {
  return makeReadiness([
    {
      name: 'storage',
      look: platform.ready,
      remedy:
        'The storage account of the Functions host (AzureWebJobsStorage): is it there, does its firewall let the app in, and has ' +
        "the app's identity the roles Storage Blob Data Owner and Storage Table Data Contributor on it?",
    },
    {
      name: 'segments',
      look: () => platform.segmentBlobs.facts('a-name-that-is-not-there'),
      remedy:
        "The storage account of the segments (SEGMENT_STORAGE): is it there, and has the app's identity the role Storage Blob Data " +
        'Reader on it?',
    },
    {
      name: 'vault',
      async look() {
        if ((await platform.secrets.get(clientSecretName)) === undefined)
          throw new NotReady('client-secret-missing');
      },
      remedy:
        `The Key Vault (KEY_VAULT_URL): is it there, has the app's identity the role Key Vault Secrets Officer on it, and does it ` +
        `hold the client secret of the Constant Contact app as "${clientSecretName}"?`,
    },
  ]);
}
