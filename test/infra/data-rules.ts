// What holds for where data lies: closed to the public, encrypted on the way, and gone when it is deleted or old.
import { appSettingsOf, at, expectProperty, ofType, type Deployment, type Rule } from './deployment';

const account = 'Microsoft.Storage/storageAccounts';
const atLeastTls12 = (prefix: string, separator: string) => [
  `${prefix}1${separator}2`,
  `${prefix}1${separator}3`,
];

interface LifecycleRule {
  readonly enabled?: boolean;
  readonly definition?: {
    readonly filters?: { readonly prefixMatch?: readonly string[] };
    readonly actions?: {
      readonly baseBlob?: { readonly delete?: { readonly daysAfterModificationGreaterThan?: number } };
    };
  };
}

/** After how many days what lies below a prefix is deleted by itself in an account, by prefix. */
function expiringPrefixes(deployment: Deployment, accountName: string): ReadonlyMap<string, number> {
  const policy = ofType(deployment, `${account}/managementPolicies`).find(
    ({ name }) => name === `${accountName}/default`,
  );
  const rules = (at(policy, 'properties', 'policy', 'rules') ?? []) as readonly LifecycleRule[];
  return new Map(
    rules
      .filter(({ enabled }) => enabled !== false)
      .flatMap(({ definition }) => {
        const days = definition?.actions?.baseBlob?.delete?.daysAfterModificationGreaterThan ?? 0;
        return days > 0
          ? (definition?.filters?.prefixMatch ?? []).map((prefix) => [prefix, days] as const)
          : [];
      }),
  );
}

export const dataRules: readonly Rule[] = [
  {
    name: 'no blob is public',
    faults: (deployment) => [
      ...expectProperty(deployment, account, ['properties', 'allowBlobPublicAccess'], false),
      ...expectProperty(
        deployment,
        `${account}/blobServices/containers`,
        ['properties', 'publicAccess'],
        'None',
      ),
    ],
  },
  {
    name: 'TLS is 1.2 or above',
    faults: (deployment) => [
      ...expectProperty(
        deployment,
        account,
        ['properties', 'minimumTlsVersion'],
        ...atLeastTls12('TLS', '_'),
      ),
      ...['minTlsVersion', 'scmMinTlsVersion'].flatMap((name) =>
        expectProperty(
          deployment,
          'Microsoft.Web/sites',
          ['properties', 'siteConfig', name],
          ...atLeastTls12('', '.'),
        ),
      ),
    ],
  },
  {
    name: 'there is HTTPS only',
    faults: (deployment) => [
      ...expectProperty(deployment, 'Microsoft.Web/sites', ['properties', 'httpsOnly'], true),
      ...expectProperty(deployment, account, ['properties', 'supportsHttpsTrafficOnly'], true),
    ],
  },
  {
    name: 'what is deleted in a storage account is gone',
    faults: (deployment) => [
      ...['deleteRetentionPolicy', 'containerDeleteRetentionPolicy'].flatMap((policy) =>
        expectProperty(deployment, `${account}/blobServices`, ['properties', policy, 'enabled'], false),
      ),
      ...expectProperty(deployment, `${account}/blobServices`, ['properties', 'isVersioningEnabled'], false),
      ...ofType(deployment, account)
        .filter(
          ({ name }) =>
            !ofType(deployment, `${account}/blobServices`).some((blobs) => blobs.name === `${name}/default`),
        )
        .map(({ name }) => `nothing says that ${name} deletes for good`),
    ],
  },
  {
    name: "old files of runs, and Durable's large messages, are deleted, and not before the app removes them itself",
    faults(deployment, { hub }) {
      const expiring = expiringPrefixes(
        deployment,
        String(appSettingsOf(deployment)['AzureWebJobsStorage__accountName']),
      );
      const kept = Number(appSettingsOf(deployment)['RUN_RETENTION_DAYS']);
      return ['runs/', `${hub.toLowerCase()}-largemessages/`].flatMap((prefix) => {
        const days = expiring.get(prefix);
        if (days === undefined) return [`nothing deletes what is old in ${prefix}`];
        return days > kept
          ? []
          : [`what lies in ${prefix} is deleted after ${days} days, and runs are kept for ${kept}`];
      });
    },
  },
  {
    name: 'secrets lie in a vault with roles, soft delete and purge protection',
    faults: (deployment) =>
      ['enableRbacAuthorization', 'enableSoftDelete', 'enablePurgeProtection'].flatMap((name) =>
        expectProperty(deployment, 'Microsoft.KeyVault/vaults', ['properties', name], true),
      ),
  },
  {
    name: 'the vault, the app and every blob service send their logs to the workspace',
    faults(deployment) {
      const observed = ofType(deployment, 'Microsoft.Insights/diagnosticSettings')
        .filter(({ properties }) => {
          const workspace = ofType(deployment, 'Microsoft.OperationalInsights/workspaces')[0]?.id;
          const logs = at(properties, 'logs');
          return (
            workspace !== undefined &&
            at(properties, 'workspaceId') === workspace &&
            Array.isArray(logs) &&
            logs.length > 0
          );
        })
        .map(({ id }) => id.replace(/\/providers\/Microsoft\.Insights\/diagnosticSettings\/.*$/i, ''));
      return ['Microsoft.KeyVault/vaults', 'Microsoft.Web/sites', `${account}/blobServices`].flatMap(
        (type) => {
          const found = ofType(deployment, type);
          if (found.length === 0) return [`there is no ${type}`];
          return found
            .filter(({ id }) => !observed.includes(id))
            .map(({ name }) => `${name} sends no logs to the workspace`);
        },
      );
    },
  },
];
