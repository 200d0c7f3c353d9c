// What the function app runs on and with which settings.
import { workerArgumentsSetting } from '../support/worker-arguments';
import { appSettingsOf, at, expectProperty, ofType, type Rule } from './deployment';

const memorySizes = [512, 2048, 4096];

/** Settings that the platform or the Functions host reads, not the app. */
const platformSettings = [
  'AzureWebJobsStorage__credential',
  'AzureWebJobsStorage__clientId',
  'APPLICATIONINSIGHTS_CONNECTION_STRING',
  'APPLICATIONINSIGHTS_AUTHENTICATION_STRING',
  'OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID',
  workerArgumentsSetting,
];

/**
 * Optional for the app. Elsewhere its identity may be another kind; a user-assigned one has to be named. How long runs are kept is what
 * the deletion of old files goes by.
 */
const namedSettings = ['AZURE_CLIENT_ID', 'RUN_RETENTION_DAYS'];

const site = 'Microsoft.Web/sites';
const scale = (name: string) => ['properties', 'functionAppConfig', 'scaleAndConcurrency', name];

export const appRules: readonly Rule[] = [
  {
    name: 'the app runs on a Flex Consumption plan',
    faults: (deployment) => expectProperty(deployment, 'Microsoft.Web/serverfarms', ['sku', 'name'], 'FC1'),
  },
  {
    name: 'the runtime is Node 24, its version a text',
    faults: (deployment) => [
      ...expectProperty(deployment, site, ['properties', 'functionAppConfig', 'runtime', 'name'], 'node'),
      ...expectProperty(deployment, site, ['properties', 'functionAppConfig', 'runtime', 'version'], '24'),
    ],
  },
  {
    name: 'an instance has 512, 2,048 or 4,096 MB, and no other size can be asked for',
    faults(deployment) {
      const allowed = deployment.parameters['instanceMemoryMB']?.allowedValues;
      return [
        ...expectProperty(deployment, site, scale('instanceMemoryMB'), ...memorySizes),
        ...(JSON.stringify(allowed) === JSON.stringify(memorySizes)
          ? []
          : [`the parameter instanceMemoryMB allows ${JSON.stringify(allowed)}`]),
      ];
    },
  },
  {
    name: 'instances are kept ready for the groups http and durable, and there is a most',
    faults(deployment) {
      const [app] = ofType(deployment, site);
      const groups = at(app, ...scale('alwaysReady'));
      const ready = (Array.isArray(groups) ? groups : []) as readonly {
        name?: string;
        instanceCount?: number;
      }[];
      const names = ready.filter(({ instanceCount = 0 }) => instanceCount > 0).map(({ name }) => name);
      const most = at(app, ...scale('maximumInstanceCount'));
      return [
        ...(names.sort().join() === 'durable,http'
          ? []
          : [`always ready are [${names.join()}], not http and durable`]),
        ...(typeof most === 'number' && most > 0 ? [] : ['there is no most of instances']),
      ];
    },
  },
  {
    name: 'an update replaces every instance before the new version runs',
    faults: (deployment) =>
      expectProperty(
        deployment,
        site,
        ['properties', 'functionAppConfig', 'siteUpdateStrategy', 'type'],
        'Recreate',
      ),
  },
  {
    name: 'the worker is started with the arguments with which it is measured',
    faults(deployment, { workerArguments }) {
      const set = appSettingsOf(deployment)[workerArgumentsSetting];
      return set === workerArguments
        ? []
        : [`the worker's arguments are ${JSON.stringify(set)}, not ${JSON.stringify(workerArguments)}`];
    },
  },
  {
    name: 'every setting without a default is set, and no other but those of the platform',
    faults(deployment, { requiredSettings }) {
      const set = Object.keys(appSettingsOf(deployment));
      const account = (name: string) => `${name}__accountName`;
      const wanted = [
        ...requiredSettings.map((name) => (set.includes(account(name)) ? account(name) : name)),
        ...namedSettings,
        ...platformSettings,
      ];
      return [
        ...wanted.filter((name) => !set.includes(name)).map((name) => `${name} is not set`),
        ...set.filter((name) => !wanted.includes(name)).map((name) => `${name} is set, and nothing needs it`),
        ...Object.entries(appSettingsOf(deployment))
          .filter(([, value]) => value === '' || value === undefined)
          .map(([name]) => `${name} is empty`),
      ];
    },
  },
];
