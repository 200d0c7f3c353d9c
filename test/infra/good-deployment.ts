// The least that keeps every rule: what the tests of the rules break in one place at a time.
import type { App, Deployment } from './deployment';

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
type Properties = Record<string, Json>;

/** One that may be changed. */
export interface Draft {
  resources: ({ id: string; type: string; name: string } & Properties)[];
  outputs: Properties;
  parameters: Record<string, { type: string; allowedValues?: Json[] }>;
}

export const app: App = {
  workerArguments: '--some-argument',
  requiredSettings: ['AzureWebJobsStorage', 'SEGMENT_STORAGE', 'SEGMENT_CONTAINER', 'AUTH_TENANT_ID'],
  hub: 'OurHub',
};

const group = '/subscriptions/s/resourceGroups/g/providers';
const identity = `${group}/Microsoft.ManagedIdentity/userAssignedIdentities/id`;
const workspace = `${group}/Microsoft.OperationalInsights/workspaces/log`;
const storage = 'Microsoft.Storage/storageAccounts';
const ofIdentity = (property: string) => `[reference('${identity}', '2024-11-30').${property}]`;

/** A resource below the group; a child's name has the names of those above it. */
function resource(type: string, name: string, properties: Properties, more: Properties = {}) {
  const [provider = '', ...types] = type.split('/');
  const names = name.split('/');
  const path = types.map((part, index) => `${part}/${names[index] ?? ''}`).join('/');
  return { id: `${group}/${provider}/${path}`, type, name, ...more, properties };
}

function role(guid: string, scope: string) {
  const type = 'Microsoft.Authorization/roleAssignments';
  const name = `[guid('${scope}', ${ofIdentity('principalId').slice(1, -1)}, '${guid}')]`;
  return {
    id: `[extensionResourceId('${group}/${scope}', '${type}', ${name.slice(1, -1)})]`,
    type,
    name,
    properties: {
      roleDefinitionId: `/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/${guid}`,
      principalId: ofIdentity('principalId'),
      principalType: 'ServicePrincipal',
    },
  };
}

const logs = (of: string) => ({
  id: `${group}/${of}/providers/Microsoft.Insights/diagnosticSettings/all`,
  type: 'Microsoft.Insights/diagnosticSettings',
  name: 'all',
  properties: { workspaceId: workspace, logs: [{ category: 'Audit', enabled: true }] },
});

const account = (name: string) => [
  resource(storage, name, {
    allowBlobPublicAccess: false,
    allowSharedKeyAccess: false,
    minimumTlsVersion: 'TLS1_2',
    supportsHttpsTrafficOnly: true,
  }),
  resource(`${storage}/blobServices`, `${name}/default`, {
    deleteRetentionPolicy: { enabled: false },
    containerDeleteRetentionPolicy: { enabled: false },
    isVersioningEnabled: false,
  }),
  resource(`${storage}/blobServices/containers`, `${name}/default/container`, { publicAccess: 'None' }),
  logs(`${storage}/${name}/blobServices/default`),
];

const expires = (prefix: string) => ({
  enabled: true,
  definition: {
    filters: { blobTypes: ['blockBlob'], prefixMatch: [prefix] },
    actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: 97 } } },
  },
});

const functionApp = () =>
  resource(
    'Microsoft.Web/sites',
    'func',
    {
      httpsOnly: true,
      siteConfig: { minTlsVersion: '1.2', scmMinTlsVersion: '1.2', ftpsState: 'Disabled' },
      functionAppConfig: {
        runtime: { name: 'node', version: '24' },
        deployment: { storage: { authentication: { type: 'UserAssignedIdentity' } } },
        scaleAndConcurrency: {
          instanceMemoryMB: 2048,
          maximumInstanceCount: 40,
          alwaysReady: [
            { name: 'http', instanceCount: 1 },
            { name: 'durable', instanceCount: 1 },
          ],
        },
        siteUpdateStrategy: { type: 'Recreate' },
      },
    },
    { identity: { type: 'UserAssigned', userAssignedIdentities: { [identity]: {} } } },
  );

const settings = {
  AzureWebJobsStorage__accountName: 'host',
  AzureWebJobsStorage__credential: 'managedidentity',
  AzureWebJobsStorage__clientId: ofIdentity('clientId'),
  APPLICATIONINSIGHTS_CONNECTION_STRING: "[reference('appi').ConnectionString]",
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'Authorization=AAD',
  OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID: ofIdentity('clientId'),
  AZURE_CLIENT_ID: ofIdentity('clientId'),
  languageWorkers__node__arguments: '--some-argument',
  SEGMENT_STORAGE__accountName: 'segments',
  SEGMENT_CONTAINER: 'container',
  AUTH_TENANT_ID: 'tenant',
  RUN_RETENTION_DAYS: '90',
};

const authentication = {
  platform: { enabled: true },
  globalValidation: { requireAuthentication: false, unauthenticatedClientAction: 'AllowAnonymous' },
  httpSettings: { requireHttps: true },
  identityProviders: {
    azureActiveDirectory: {
      enabled: true,
      registration: {
        clientId: 'client',
        clientSecretSettingName: 'OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID',
        openIdIssuer: 'https://login.example/tenant/v2.0',
      },
    },
  },
};

const draft: Draft = {
  resources: [
    resource('Microsoft.OperationalInsights/workspaces', 'log', { features: { disableLocalAuth: true } }),
    resource('Microsoft.Insights/components', 'appi', { DisableLocalAuth: true }),
    resource('Microsoft.Insights/webtests', 'liveness', {
      Enabled: true,
      Request: { RequestUrl: 'https://func.example.com/api/health/live', HttpVerb: 'GET' },
    }),
    resource('Microsoft.Insights/metricAlerts', 'alert', { actions: [{ actionGroupId: 'operators' }] }),
    ...account('host'),
    ...account('segments'),
    resource(`${storage}/managementPolicies`, 'host/default', {
      policy: { rules: [expires('runs/'), expires('ourhub-largemessages/')] },
    }),
    resource('Microsoft.KeyVault/vaults', 'kv', {
      enableRbacAuthorization: true,
      enableSoftDelete: true,
      enablePurgeProtection: true,
    }),
    logs('Microsoft.KeyVault/vaults/kv'),
    role('b7e6dc6d-f1e8-4753-8033-0f276bb0955b', `${storage}/host`),
    role('974c5e8b-45b9-4653-ba55-5f855dd0fb88', `${storage}/host`),
    role('0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3', `${storage}/host`),
    role(
      '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1',
      `${storage}/segments/blobServices/default/containers/container`,
    ),
    role('b86a8fe4-44ce-4948-aee5-eccb2c155cd7', 'Microsoft.KeyVault/vaults/kv'),
    role('3913510d-42f4-4e42-8a64-420c390055eb', 'Microsoft.Insights/components/appi'),
    resource('Microsoft.Web/serverfarms', 'plan', { reserved: true }, { sku: { name: 'FC1' } }),
    functionApp(),
    resource('Microsoft.Web/sites/basicPublishingCredentialsPolicies', 'func/ftp', { allow: false }),
    resource('Microsoft.Web/sites/basicPublishingCredentialsPolicies', 'func/scm', { allow: false }),
    resource('Microsoft.Web/sites/config', 'func/appsettings', settings),
    resource('Microsoft.Web/sites/config', 'func/authsettingsV2', authentication),
    logs('Microsoft.Web/sites/func'),
  ],
  outputs: { FUNCTION_APP_HOST: 'func.example', KEY_VAULT_NAME: 'kv' },
  parameters: { instanceMemoryMB: { type: 'int', allowedValues: [512, 2048, 4096] } },
};

/** A new one for each test. */
export const goodDraft = (): Draft => structuredClone(draft);

export const asDeployment = (changed: Draft): Deployment => changed;
