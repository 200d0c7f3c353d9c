// Each rule about the deployment is seen to fail on a template that breaks it, and on no other rule's account.
import { app, asDeployment, goodDraft, type Draft } from './good-deployment';
import { faultsOf, readApp, rules } from './rules';

type Edit = (draft: Draft) => void;
type Node = Record<string, unknown>;

const first = (draft: Draft, type: string, name = '') => {
  const found = draft.resources.find((one) => one.type === type && one.name.includes(name));
  if (!found) throw new Error(`the good deployment has no ${type}`);
  return found;
};

/** Writes a value at a path below a resource. */
const set =
  (type: string, path: string, value: unknown, name?: string): Edit =>
  (draft) => {
    const steps = path.split('.');
    const last = steps.pop()!;
    const owner = steps.reduce<Node>((node, step) => node[step] as Node, first(draft, type, name));
    owner[last] = value;
  };

const remove =
  (type: string, name?: string): Edit =>
  (draft) => {
    draft.resources.splice(draft.resources.indexOf(first(draft, type, name)), 1);
  };

const again =
  (type: string, name?: string): Edit =>
  (draft) => {
    draft.resources.push(structuredClone(first(draft, type, name)));
  };

const storage = 'Microsoft.Storage/storageAccounts';
const site = 'Microsoft.Web/sites';
const config = 'Microsoft.Web/sites/config';
const role = 'Microsoft.Authorization/roleAssignments';
const scale = 'properties.functionAppConfig.scaleAndConcurrency';
const entra = 'properties.identityProviders.azureActiveDirectory';
const signIn = (path: string, value: unknown) => set(config, path, value, 'authsettingsV2');
const setting = (name: string, value: unknown) => set(config, `properties.${name}`, value, 'appsettings');
const unset =
  (name: string): Edit =>
  (draft) => {
    // A name of its own, as undefined would be a setting still.
    const settings = first(draft, config, 'appsettings')['properties'] as Node;
    Reflect.deleteProperty(settings, name);
  };
const output =
  (name: string, value: string): Edit =>
  (draft) => {
    draft.outputs[name] = value;
  };

const breaks: Readonly<Record<string, Readonly<Record<string, Edit>>>> = {
  'the identity has exactly the roles that the app needs': {
    'a role is missing': remove(role, '974c5e8b'),
    'a role is given twice': again(role, 'b86a8fe4'),
    'another role is given': set(
      role,
      'properties.roleDefinitionId',
      '/x/8e3af657-a8ff-443c-a75c-2fe8c4bcb635',
      '0a9a7e1f',
    ),
    'the whole account of the segments may be read': (draft) => {
      const reader = first(draft, role, '2a2b9908');
      reader.id = reader.id.replace('/blobServices/default/containers/container', '');
    },
    'a role holds for the resource group': (draft) => {
      const officer = first(draft, role, 'b86a8fe4');
      officer.id = `/subscriptions/s/resourceGroups/g/providers/${role}/name`;
    },
  },
  'every role goes to the identity that the app runs with, and to nobody else': {
    'a role goes to somebody else': set(role, 'properties.principalId', 'b0b', 'b7e6dc6d'),
    'a role goes to a person': set(role, 'properties.principalType', 'User', 'b7e6dc6d'),
    'the app has an identity of its own as well': set(site, 'identity.type', 'SystemAssigned, UserAssigned'),
    'the app has two identities': set(site, 'identity.userAssignedIdentities', { one: {}, two: {} }),
  },
  'no storage account takes a shared key, and nothing asks for one': {
    'an account takes keys': set(storage, 'properties.allowSharedKeyAccess', true, 'segments'),
    'nothing is said about keys': set(storage, 'properties.allowSharedKeyAccess', undefined, 'host'),
    'a setting holds a key': setting('AZURE_CLIENT_ID', "[listKeys('id', '2025-06-01').keys[0].value]"),
    'a setting holds a connection string': setting('AZURE_CLIENT_ID', 'AccountName=a;AccountKey=b'),
  },
  'the package is read with the identity': {
    'it is read with a connection string': set(
      site,
      'properties.functionAppConfig.deployment.storage.authentication.type',
      'StorageAccountConnectionString',
    ),
  },
  'Application Insights and the workspace take no local keys': {
    'Application Insights does': set('Microsoft.Insights/components', 'properties.DisableLocalAuth', false),
    'the workspace does': set('Microsoft.OperationalInsights/workspaces', 'properties.features', {}),
  },
  'nobody publishes with a password, over FTP or otherwise': {
    'FTP passwords are on': set(
      `${site}/basicPublishingCredentialsPolicies`,
      'properties.allow',
      true,
      'ftp',
    ),
    'nothing is said about the other site': remove(`${site}/basicPublishingCredentialsPolicies`, 'scm'),
    'FTP is on': set(site, 'properties.siteConfig.ftpsState', 'AllAllowed'),
  },
  'App Service signs people in, and lets everybody else through to the app, which answers 401': {
    'authentication is off': signIn('properties.platform.enabled', false),
    'there is none': remove(config, 'authsettingsV2'),
    'App Service sends people away': signIn(
      'properties.globalValidation.unauthenticatedClientAction',
      'RedirectToLoginPage',
    ),
    'App Service asks for a sign-in': signIn('properties.globalValidation.requireAuthentication', true),
    'Entra ID is off': signIn(`${entra}.enabled`, false),
    'no registration is named': signIn(`${entra}.registration.clientId`, ''),
    'every tenant may come': signIn(
      `${entra}.registration.openIdIssuer`,
      'https://login.example/common/v2.0',
    ),
    'the tokens are of the first version': signIn(
      `${entra}.registration.openIdIssuer`,
      'https://sts.example/tenant/',
    ),
    'there is a client secret': signIn(`${entra}.registration.clientSecretSettingName`, 'SECRET'),
    'HTTP will do': signIn('properties.httpSettings.requireHttps', false),
  },
  'no parameter takes a secret, and no output gives one': {
    'a parameter is a secure one': (draft) => {
      draft.parameters['anything'] = { type: 'securestring' };
    },
    'a parameter is called a secret': (draft) => {
      draft.parameters['clientSecret'] = { type: 'string' };
    },
    'an output is called a key': output('STORAGE_KEY', 'x'),
    'an output gives a connection string': output('MONITOR', "[reference('appi').ConnectionString]"),
    'an output lists keys': output('STORAGE', "[listKeys('id', '2025-06-01').keys[0].value]"),
  },
  'no blob is public': {
    'an account allows it': set(storage, 'properties.allowBlobPublicAccess', true),
    'a container is': set(`${storage}/blobServices/containers`, 'properties.publicAccess', 'Blob'),
  },
  'TLS is 1.2 or above': {
    'storage takes less': set(storage, 'properties.minimumTlsVersion', 'TLS1_1'),
    'the app takes less': set(site, 'properties.siteConfig.minTlsVersion', '1.0'),
    'deployment takes less': set(site, 'properties.siteConfig.scmMinTlsVersion', undefined),
  },
  'there is HTTPS only': {
    'the app takes HTTP': set(site, 'properties.httpsOnly', false),
    'storage takes HTTP': set(storage, 'properties.supportsHttpsTrafficOnly', false),
  },
  'what is deleted in a storage account is gone': {
    'blobs come back': set(
      `${storage}/blobServices`,
      'properties.deleteRetentionPolicy.enabled',
      true,
      'segments',
    ),
    'containers come back': set(
      `${storage}/blobServices`,
      'properties.containerDeleteRetentionPolicy.enabled',
      true,
    ),
    'versions are kept': set(`${storage}/blobServices`, 'properties.isVersioningEnabled', true),
  },
  "old files of runs, and Durable's large messages, are deleted, and not before the app removes them itself":
    {
      'runs are kept longer': setting('RUN_RETENTION_DAYS', '97'),
      'nothing is': remove(`${storage}/managementPolicies`),
      'files of runs are not': set(
        `${storage}/managementPolicies`,
        'properties.policy.rules.0.enabled',
        false,
      ),
      'large messages of another hub are': set(
        `${storage}/managementPolicies`,
        'properties.policy.rules.1.definition.filters.prefixMatch',
        ['OurHub-largemessages/'],
      ),
      'they are moved, not deleted': set(
        `${storage}/managementPolicies`,
        'properties.policy.rules.1.definition.actions',
        {
          baseBlob: { tierToCool: { daysAfterModificationGreaterThan: 30 } },
        },
      ),
    },
  'secrets lie in a vault with roles, soft delete and purge protection': {
    'it has access policies': set('Microsoft.KeyVault/vaults', 'properties.enableRbacAuthorization', false),
    'it has no soft delete': set('Microsoft.KeyVault/vaults', 'properties.enableSoftDelete', false),
    'it can be purged': set('Microsoft.KeyVault/vaults', 'properties.enablePurgeProtection', undefined),
  },
  'the vault, the app and every blob service send their logs to the workspace': {
    'the vault does not': (draft) => {
      draft.resources = draft.resources.filter(({ id }) => !id.includes('/vaults/kv/providers/'));
    },
    'an account sends no logs': (draft) => {
      const one = draft.resources.find(({ id }) => id.includes('/segments/blobServices/default/providers/'));
      (one!['properties'] as Node)['logs'] = [];
    },
    'they go elsewhere': set('Microsoft.Insights/diagnosticSettings', 'properties.workspaceId', '/another'),
  },
  'the app runs on a Flex Consumption plan': {
    'it runs on another': set('Microsoft.Web/serverfarms', 'sku.name', 'EP1'),
  },
  'the runtime is Node 24, its version a text': {
    'it is another version': set(site, 'properties.functionAppConfig.runtime.version', '22'),
    'the version is a number': set(site, 'properties.functionAppConfig.runtime.version', 24),
    'it is another language': set(site, 'properties.functionAppConfig.runtime.name', 'python'),
  },
  'an instance has 512, 2,048 or 4,096 MB, and no other size can be asked for': {
    'it has another size': set(site, `${scale}.instanceMemoryMB`, 1024),
    'the size is a text': set(site, `${scale}.instanceMemoryMB`, '2048'),
    'any size can be asked for': (draft) => {
      draft.parameters['instanceMemoryMB'] = { type: 'int' };
    },
  },
  'an availability test asks the liveness by HTTPS, and its alert reaches somebody': {
    'there is none': remove('Microsoft.Insights/webtests'),
    'there are two': again('Microsoft.Insights/webtests'),
    'it is off': set('Microsoft.Insights/webtests', 'properties.Enabled', false),
    'it asks without TLS': set(
      'Microsoft.Insights/webtests',
      'properties.Request.RequestUrl',
      'http://func.example.com/api/health/live',
    ),
    'it asks for something else': set(
      'Microsoft.Insights/webtests',
      'properties.Request.RequestUrl',
      'https://func.example.com/api/health/ready',
    ),
    'nobody is told': set('Microsoft.Insights/metricAlerts', 'properties.actions', []),
    'there is no alert': remove('Microsoft.Insights/metricAlerts'),
  },
  'instances are kept ready for the groups http and durable, and there is a most': {
    'a group is another': set(site, `${scale}.alwaysReady.1.name`, 'function:exportRun'),
    'a group has none': set(site, `${scale}.alwaysReady.0.instanceCount`, 0),
    'nothing is kept ready': set(site, `${scale}.alwaysReady`, undefined),
    'there is no most': set(site, `${scale}.maximumInstanceCount`, undefined),
  },
  'an update replaces every instance before the new version runs': {
    'it rolls': set(site, 'properties.functionAppConfig.siteUpdateStrategy.type', 'RollingUpdate'),
  },
  'the worker is started with the arguments with which it is measured': {
    'it has others': setting('languageWorkers__node__arguments', '--max-old-space-size=100'),
    'it has none': unset('languageWorkers__node__arguments'),
  },
  'every setting without a default is set, and no other but those of the platform': {
    'one that the app needs is not': unset('SEGMENT_CONTAINER'),
    "an account's is not": unset('SEGMENT_STORAGE__accountName'),
    "one of the platform's is not": unset('APPLICATIONINSIGHTS_AUTHENTICATION_STRING'),
    'one with a default is': setting('POLL_FIRST_SECONDS', '5'),
    'an old one of the platform is': setting('FUNCTIONS_WORKER_RUNTIME', 'node'),
    'one is empty': setting('AUTH_TENANT_ID', ''),
  },
};

test('the good deployment keeps every rule', () => {
  expect(faultsOf(asDeployment(goodDraft()), app)).toEqual([]);
});

test('every rule is broken by some template here', () => {
  expect(Object.keys(breaks).sort()).toEqual(rules.map(({ name }) => name).sort());
});

describe.each(rules)('$name', ({ name, faults }) => {
  test.each(Object.entries(breaks[name] ?? {}))('fails when %s', (_how, edit) => {
    const draft = goodDraft();
    edit(draft);
    expect(faults(asDeployment(draft), app)).not.toEqual([]);
  });

  test('fails when there is nothing', () => {
    const nothing = { resources: [], outputs: {}, parameters: {} };
    const mayBeEmpty = name === 'no parameter takes a secret, and no output gives one';
    expect(faults(nothing, app).length > 0).toBe(!mayBeEmpty);
  });
});

test('what the app does not start without is asked of the app', () => {
  const { requiredSettings, hub } = readApp();
  expect(requiredSettings).toEqual(
    expect.arrayContaining([
      'AzureWebJobsStorage',
      'SEGMENT_STORAGE',
      'KEY_VAULT_URL',
      'CONSTANT_CONTACT_CLIENT_ID',
    ]),
  );
  expect(requiredSettings).not.toContain('SEGMENT_PREFIX');
  expect(hub).toBe('SegmentsToConstantContact');
});
