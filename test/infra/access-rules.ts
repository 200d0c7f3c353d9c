// Who may do what in Azure, and with what credential: the app's identity alone, by these roles, and never a key.
import {
  appSettingsOf,
  at,
  expectProperty,
  ofType,
  textsIn,
  type Deployment,
  type Resource,
  type Rule,
} from './deployment';

/** By GUID: what infra/roles.bicep calls them is not believed. */
const roleNames = new Map([
  ['b7e6dc6d-f1e8-4753-8033-0f276bb0955b', 'Storage Blob Data Owner'],
  ['974c5e8b-45b9-4653-ba55-5f855dd0fb88', 'Storage Queue Data Contributor'],
  ['0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3', 'Storage Table Data Contributor'],
  ['2a2b9908-6ea1-4ae2-8e65-a410df84e7d1', 'Storage Blob Data Reader'],
  ['b86a8fe4-44ce-4948-aee5-eccb2c155cd7', 'Key Vault Secrets Officer'],
  ['3913510d-42f4-4e42-8a64-420c390055eb', 'Monitoring Metrics Publisher'],
]);

/** What an assignment applies to: the start of its id, or the first argument of the expression that makes the id. */
function scopeOf({ id }: Resource): string {
  const [, inExpression] = /^\[extensionResourceId\('([^']+)'/.exec(id) ?? [];
  return inExpression ?? id.replace(/\/providers\/Microsoft\.Authorization\/.*$/i, '');
}

const guidOf = (roleDefinitionId: unknown) => /[^/]*$/.exec(String(roleDefinitionId))?.[0] ?? '';

/** A scope by what follows its resource group, so that names and not ids are compared. */
const withoutGroup = (scope: string) =>
  scope.replace(/^\/subscriptions\/[^/]+(\/resourceGroups\/[^/]+)?(\/providers)?\//i, '');

function wantedRoles(deployment: Deployment): readonly string[] {
  const settings = appSettingsOf(deployment);
  const host = `Microsoft.Storage/storageAccounts/${String(settings['AzureWebJobsStorage__accountName'])}`;
  const segments = `Microsoft.Storage/storageAccounts/${String(settings['SEGMENT_STORAGE__accountName'])}/blobServices/default/containers/${String(settings['SEGMENT_CONTAINER'])}`;
  const only = (type: string) => `${type}/${ofType(deployment, type)[0]?.name ?? 'none'}`;
  return [
    `Storage Blob Data Owner on ${host}`,
    `Storage Queue Data Contributor on ${host}`,
    `Storage Table Data Contributor on ${host}`,
    `Storage Blob Data Reader on ${segments}`,
    `Key Vault Secrets Officer on ${only('Microsoft.KeyVault/vaults')}`,
    `Monitoring Metrics Publisher on ${only('Microsoft.Insights/components')}`,
  ];
}

export const accessRules: readonly Rule[] = [
  {
    name: 'the identity has exactly the roles that the app needs',
    faults(deployment) {
      const assignments = ofType(deployment, 'Microsoft.Authorization/roleAssignments');
      const given = assignments.map((assignment) => {
        const guid = guidOf(at(assignment, 'properties', 'roleDefinitionId'));
        return `${roleNames.get(guid) ?? `the role ${guid}`} on ${withoutGroup(scopeOf(assignment))}`;
      });
      const wanted = wantedRoles(deployment);
      return [
        ...wanted.filter((role) => !given.includes(role)).map((role) => `${role} is missing`),
        ...given
          .filter((role, index) => !wanted.includes(role) || given.indexOf(role) !== index)
          .map((role) => `${role} is one too many`),
      ];
    },
  },
  {
    name: 'every role goes to the identity that the app runs with, and to nobody else',
    faults(deployment) {
      const [site] = ofType(deployment, 'Microsoft.Web/sites');
      const identities = Object.keys(at(site, 'identity', 'userAssignedIdentities') ?? {});
      const [identity] = identities;
      if (at(site, 'identity', 'type') !== 'UserAssigned' || !identity || identities.length > 1)
        return ['the app does not run with one user-assigned identity'];
      return ofType(deployment, 'Microsoft.Authorization/roleAssignments')
        .filter(({ properties }) => {
          const principal = String(at(properties, 'principalId'));
          const isIdentity = principal.includes(`'${identity}'`) && principal.endsWith('.principalId]');
          return !isIdentity || at(properties, 'principalType') !== 'ServicePrincipal';
        })
        .map(
          (assignment) => `an assignment on ${withoutGroup(scopeOf(assignment))} is not the app identity's`,
        );
    },
  },
  {
    name: 'no storage account takes a shared key, and nothing asks for one',
    faults(deployment) {
      const inUse = [...textsIn(deployment.resources)]
        .filter(([, text]) =>
          /\blist(Keys|AccountSas|ServiceSas|Secrets)\(|AccountKey=|SharedAccessSignature/i.test(text),
        )
        .map(([path]) => `resources.${path} uses a key`);
      const properties = ['properties', 'allowSharedKeyAccess'];
      const accounts = ofType(deployment, 'Microsoft.Storage/storageAccounts');
      return [
        ...(accounts.length > 0
          ? expectProperty(deployment, 'Microsoft.Storage/storageAccounts', properties, false)
          : ['there is no storage account']),
        ...inUse,
      ];
    },
  },
  {
    name: 'the package is read with the identity',
    faults: (deployment) =>
      expectProperty(
        deployment,
        'Microsoft.Web/sites',
        ['properties', 'functionAppConfig', 'deployment', 'storage', 'authentication', 'type'],
        'UserAssignedIdentity',
      ),
  },
  {
    name: 'Application Insights and the workspace take no local keys',
    faults: (deployment) => [
      ...expectProperty(
        deployment,
        'Microsoft.Insights/components',
        ['properties', 'DisableLocalAuth'],
        true,
      ),
      ...expectProperty(
        deployment,
        'Microsoft.OperationalInsights/workspaces',
        ['properties', 'features', 'disableLocalAuth'],
        true,
      ),
    ],
  },
  {
    name: 'nobody publishes with a password, over FTP or otherwise',
    faults(deployment) {
      const policies = ofType(deployment, 'Microsoft.Web/sites/basicPublishingCredentialsPolicies');
      return [
        ...['ftp', 'scm']
          .filter((kind) => {
            const policy = policies.find(({ name }) => name.endsWith(`/${kind}`));
            return at(policy, 'properties', 'allow') !== false;
          })
          .map((kind) => `basic publishing credentials are not off for ${kind}`),
        ...expectProperty(
          deployment,
          'Microsoft.Web/sites',
          ['properties', 'siteConfig', 'ftpsState'],
          'Disabled',
        ),
      ];
    },
  },
  {
    name: 'no parameter takes a secret, and no output gives one',
    faults({ parameters, outputs }) {
      const secretName =
        /secret|password|token|connection_?string|instrumentation|sas$|(?<!key_vault_)key(?!_vault)/i;
      return [
        ...Object.entries(parameters)
          .filter(([name, { type }]) => /^secure/i.test(type) || /secret|password|token/i.test(name))
          .map(([name]) => `the parameter ${name} takes a secret`),
        ...Object.entries(outputs)
          .filter(
            ([name, value]) =>
              secretName.test(name) ||
              /\blist\w*\(|ConnectionString|InstrumentationKey|getSecret/i.test(JSON.stringify(value)),
          )
          .map(([name]) => `the output ${name} may hold a secret`),
      ];
    },
  },
];
