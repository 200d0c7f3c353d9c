// What the real Functions host needs of this app, checked without it. The build has to be there: `npm test` makes it first.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules, isBuiltin } from 'node:module';
import { basename, join } from 'node:path';
import { readSettings, settingNames } from '../../shared/platform/settings';
import { projectRoot } from '../support/project-root';
import { workerArgumentsSetting } from '../support/worker-arguments';

const root = projectRoot();
const json = (name: string) => JSON.parse(readFileSync(join(root, name), 'utf8')) as unknown;

interface Package {
  readonly main: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}
interface Binding {
  readonly type: string;
  readonly direction: string;
  readonly route?: string;
  readonly methods?: readonly string[];
  readonly authLevel?: string;
  readonly schedule?: string;
}
interface Loaded {
  readonly registered: readonly {
    readonly name: string;
    readonly bindings: readonly Binding[];
    readonly toNobody: number | null;
  }[];
  /** Packages for development that something asked for, and did not get. */
  readonly missed: readonly string[];
}

const { main, dependencies } = json('package.json') as Package;
const sample = json('local.settings.sample.json') as { IsEncrypted: boolean; Values: Record<string, string> };

let loaded: Loaded;
beforeAll(() => {
  if (!existsSync(join(root, main))) throw new Error('the app is not built: run "npm run build" first');
  const output = execFileSync(process.execPath, [join(__dirname, 'load-app.cjs'), root], {
    encoding: 'utf8',
    env: { ...sample.Values, PATH: process.env['PATH'] },
    maxBuffer: 16 * 1024 * 1024,
  });
  loaded = JSON.parse(output) as Loaded;
});

const triggerOf = (name: string) =>
  loaded.registered.find((one) => one.name === name)?.bindings.find(({ type }) => type.endsWith('Trigger'));

describe('host.json', () => {
  const host = json('host.json') as {
    version: string;
    functionTimeout: string;
    extensionBundle: { id: string; version: string };
    extensions: {
      http: { routePrefix: string };
      durableTask: {
        tracing: { distributedTracingEnabled: boolean; version: string; traceInputsAndOutputs: boolean };
      };
    };
    logging: {
      logLevel: Readonly<Record<string, string>>;
      applicationInsights: { samplingSettings: { excludedTypes: string } };
    };
  };

  test('is of version 2.0 and names the extension bundle that has the Durable extension', () => {
    expect(host.version).toBe('2.0');
    expect(host.extensionBundle).toEqual({
      id: 'Microsoft.Azure.Functions.ExtensionBundle',
      version: '[4.*, 5.0.0)',
    });
  });

  test('names a time after which a function is stopped', () => {
    const [hours = 0, minutes = 0, seconds = 0] = host.functionTimeout.split(':').map(Number);
    expect(host.functionTimeout).toMatch(/^\d{2}:\d{2}:\d{2}$/);
    expect(hours * 3600 + minutes * 60 + seconds).toBeGreaterThan(0);
  });

  test('has the prefix that the links of the app start with', () => {
    expect(host.extensions.http.routePrefix).toBe('api');
  });

  test('traces orchestrations, and keeps inputs and outputs out of it', () => {
    expect(host.extensions.durableTask.tracing).toEqual({
      distributedTracingEnabled: true,
      version: 'V2',
      traceInputsAndOutputs: false,
    });
  });

  test('never samples away an event, a call of a function or an exception', () => {
    // The types that can be excluded from sampling, by the reference of host.json.
    const types = ['Dependency', 'Event', 'Exception', 'PageView', 'Request', 'Trace'];
    const excluded = host.logging.applicationInsights.samplingSettings.excludedTypes.split(';');
    expect(excluded.filter((type) => !types.includes(type))).toEqual([]);
    expect(excluded).toEqual(expect.arrayContaining(['Exception', 'Request', 'Trace']));
  });

  test.each([
    // What the app writes while a function runs, and outside of one.
    ['Function.importBatch.User', 'Information'],
    ['Host.Function.Console', 'Information'],
    // They become the calls of functions that Application Insights shows.
    ['Host.Results', 'Information'],
    // What the host and its extensions say of themselves, with a line or more for every step of every run.
    ['Host.Triggers.DurableTask', 'Warning'],
    ['DurableTask.AzureStorage', 'Warning'],
    ['Microsoft.Azure.WebJobs.Hosting', 'Warning'],
    ['Azure.Core', 'Warning'],
  ])('passes on what the category %s writes from the level %s', (category, level) => {
    const { default: otherwise, ...levels } = host.logging.logLevel;
    const [longest] = Object.keys(levels)
      .filter((prefix) => `${category}.`.startsWith(`${prefix}.`))
      .toSorted((a, b) => b.length - a.length);
    expect(longest === undefined ? otherwise : levels[longest]).toBe(level);
  });
});

describe('loading the built app', () => {
  const camel = (file: string) =>
    basename(file, '.ts').replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  /** What several functions of a folder have in common is not one. */
  const isFunction = (folder: string, source: string) => folder !== 'http' || /\broute\(\{/.test(source);

  /** The function that each file is named after, if it exports one of its name. */
  const functionsIn = (folder: string) =>
    readdirSync(join(root, 'functions', folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => ({
        name: camel(file),
        source: readFileSync(join(root, 'functions', folder, file), 'utf8'),
      }))
      .filter(({ source }) => isFunction(folder, source))
      .filter(({ name, source }) => new RegExp(`export (const|function\\*?) ${name}\\b`).test(source))
      .map(({ name }) => name)
      .filter((name) => name !== 'activity');

  test('registers the function of every file, and no other', () => {
    const expected = ['http', 'timers', 'orchestrators', 'activities'].flatMap(functionsIn);
    expect(expected.length).toBeGreaterThan(10);
    expect(loaded.registered.map(({ name }) => name).toSorted()).toEqual(expected.toSorted());
  });

  test.each([
    ['http', 'httpTrigger'],
    ['timers', 'timerTrigger'],
    ['orchestrators', 'orchestrationTrigger'],
    ['activities', 'activityTrigger'],
  ])('registers those in %s with a trigger of the type %s', (folder, type) => {
    const names = functionsIn(folder);
    expect(names.length).toBeGreaterThan(0);
    expect(names.map((name) => [name, triggerOf(name)?.type])).toEqual(names.map((name) => [name, type]));
  });

  test('registers the routes under the paths and methods that the design names', () => {
    const routes = loaded.registered.flatMap(({ name }) => {
      const { type, route, methods = [] } = triggerOf(name)!;
      return type === 'httpTrigger' ? methods.map((method) => `${method} ${route}`) : [];
    });
    expect(routes.toSorted()).toEqual([
      'DELETE connections/{connectionId}',
      'DELETE exports/{exportId}',
      'GET audit',
      'GET connections',
      'GET connections/{connectionId}',
      'GET connections/{connectionId}/consent',
      'GET connections/{connectionId}/custom-fields',
      'GET connections/{connectionId}/lists',
      'GET exports',
      'GET exports/{exportId}',
      'GET health/live',
      'GET health/ready',
      'GET openapi.json',
      'GET runs',
      'GET runs/{runId}',
      'GET runs/{runId}/rejects',
      'GET schedule',
      'GET segments',
      'GET segments/{segment}/preview',
      'GET sign-in/callback',
      'PATCH connections/{connectionId}',
      'PATCH exports/{exportId}',
      'POST connections',
      'POST connections/{connectionId}/lists',
      'POST connections/{connectionId}/sign-in',
      'POST exports',
      'POST exports/preview',
      'POST exports/reschedule',
      'POST exports/{exportId}/duplicate',
      'POST exports/{exportId}/runs',
      'POST runs',
      'POST runs/{runId}/cancel',
      'POST runs/{runId}/retry',
      'PUT connections/{connectionId}/consent',
      'PUT schedule',
    ]);
  });

  test('lets nobody in without a sign-in, but to see that the app is there', () => {
    const answers = loaded.registered
      .filter(({ name }) => triggerOf(name)?.type === 'httpTrigger')
      .map(({ name, toNobody }) => [name, toNobody]);
    // No status is 200.
    expect(answers).toEqual(answers.map(([name]) => [name, name === 'live' ? null : 401]));
  });

  test.each(['schedule', 'lookAfterConnections', 'retention'])(
    'gives the timer %s the schedule of the settings',
    (name) => {
      expect(triggerOf(name)).toMatchObject({ schedule: sample.Values['SCHEDULE_CRON'] });
    },
  );

  test('needs no package that is there for development only', () => {
    // It ran without them; this one colours the lines of a library where it is there.
    expect(loaded.missed.filter((folder) => !folder.endsWith('/supports-color'))).toEqual([]);
  });

  test('stops at once, and names every fault, when the settings are wrong', () => {
    const start = () =>
      execFileSync(process.execPath, [join(__dirname, 'load-app.cjs'), root], {
        encoding: 'utf8',
        stdio: 'pipe',
        env: { ...sample.Values, AUTH_TENANT_ID: 'x', KEY_VAULT_URL: 'y' },
      });
    expect(start).toThrow(
      /AUTH_TENANT_ID is not[^]*KEY_VAULT_URL is not|KEY_VAULT_URL is not[^]*AUTH_TENANT_ID is not/,
    );
  });
});

describe('the build', () => {
  const scripts = ['functions', 'shared'].flatMap((folder) =>
    readdirSync(join(root, 'dist', folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.js'))
      .map((file) => join(root, 'dist', folder, file)),
  );
  const imports = scripts.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/\b(?:require|import)\(["']([^"']+)["']\)/g)].map(
      ([, name = '']) => name,
    ),
  );

  test('imports nothing but its own files, Node and the dependencies of package.json', () => {
    expect(scripts.length).toBeGreaterThan(50);
    const packages = new Set(
      imports
        .filter((name) => !name.startsWith('.') && !isBuiltin(name))
        .map((name) =>
          name
            .split('/')
            .slice(0, name.startsWith('@') ? 2 : 1)
            .join('/'),
        ),
    );
    expect([...packages].filter((name) => !(name in dependencies))).toEqual([]);
    expect([...packages].toSorted()).toEqual(Object.keys(dependencies).toSorted());
    expect(imports.filter((name) => builtinModules.includes(name))).toEqual([]);
  });

  test('imports nothing of the tests', () => {
    expect(imports.filter((name) => /(^|\/)test\//.test(name))).toEqual([]);
  });
});

describe('local.settings.sample.json', () => {
  test('names every setting, and the storage accounts', () => {
    const wanted = [...settingNames, 'AzureWebJobsStorage', 'SEGMENT_STORAGE', 'FUNCTIONS_WORKER_RUNTIME'];
    expect(wanted.filter((name) => !(name in sample.Values))).toEqual([]);
  });

  test('names nothing that nobody reads', () => {
    const host = [
      'FUNCTIONS_WORKER_RUNTIME',
      workerArgumentsSetting,
      'AzureWebJobsStorage',
      'SEGMENT_STORAGE',
    ];
    // The identity library looks for these.
    const identity = ['IDENTITY_ENDPOINT', 'IDENTITY_HEADER'];
    const known = [...settingNames, ...host, ...identity];
    expect(Object.keys(sample.Values).filter((name) => !known.includes(name))).toEqual([]);
  });

  test('is what the app accepts, with all values as text, as the host wants them', () => {
    expect(sample.IsEncrypted).toBe(false);
    expect(Object.values(sample.Values).every((value) => typeof value === 'string')).toBe(true);
    expect(readSettings(sample.Values)).toMatchObject({
      WEBSITE_AUTH_ENABLED: true,
      stateStorage: { connectionString: 'UseDevelopmentStorage=true' },
    });
  });

  test('points at this machine only', () => {
    for (const [name, value] of Object.entries(sample.Values)) {
      if (value.includes('://')) expect([name, new URL(value).hostname]).toEqual([name, '127.0.0.1']);
    }
  });
});
