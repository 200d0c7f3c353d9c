// The workflows of GitHub: they parse, ask for no more rights than they need, hold no secret, and call what there is.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { projectRoot } from '../support/project-root';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}
interface Job {
  readonly environment?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly 'timeout-minutes'?: number;
  readonly steps: readonly Step[];
}
interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const folder = join(projectRoot(), '.github/workflows');
const textOf = (file: string) => readFileSync(join(folder, file), 'utf8');
const workflow = (file: string) => parse(textOf(file), { strict: true, uniqueKeys: true }) as Workflow;
const files = readdirSync(folder);
const stepsOf = (file: string) => Object.values(workflow(file).jobs).flatMap(({ steps }) => steps);
const fileOf = (name: string) => readFileSync(join(projectRoot(), name), 'utf8');

test('there is one for checks and one for deployments', () => {
  expect(files.sort()).toEqual(['ci.yml', 'deploy.yml']);
});

describe.each(files)('%s', (file) => {
  test('reads the repository and nothing else, unless a job says more', () => {
    expect(workflow(file).permissions).toEqual({ contents: 'read' });
  });

  test('uses only actions of a fixed version, and leaves no credentials in the work tree', () => {
    for (const { uses, with: options } of stepsOf(file)) {
      if (uses === undefined) continue;
      expect(uses).toMatch(/^[\w-]+\/[\w-]+@(v\d+|[0-9a-f]{40})$/);
      if (uses.startsWith('actions/checkout@'))
        expect(options).toMatchObject({ 'persist-credentials': false });
    }
  });

  test('runs on Node 24', () => {
    const versions = stepsOf(file).flatMap(({ uses, with: options }) =>
      uses?.startsWith('actions/setup-node@') ? [options?.['node-version']] : [],
    );
    expect(new Set(versions)).toEqual(new Set([24]));
  });

  test('holds no secret, and puts nothing from outside into a script', () => {
    expect(textOf(file)).not.toMatch(/\bsecrets\b/);
    for (const { run = '' } of stepsOf(file)) expect(run).not.toContain('${{');
  });

  test('ends by itself', () => {
    for (const job of Object.values(workflow(file).jobs)) expect(job['timeout-minutes']).toBeGreaterThan(0);
  });

  test('calls only scripts that there are', () => {
    const { scripts } = JSON.parse(fileOf('package.json')) as { scripts: Record<string, string> };
    for (const { run = '' } of stepsOf(file))
      for (const [, name = ''] of run.matchAll(/npm run ([\w:-]+)/g))
        expect(Object.keys(scripts)).toContain(name);
  });
});

test('checks run as they do for a person', () => {
  expect(stepsOf('ci.yml').map(({ run }) => run)).toContain('bash .ci/run');
  expect(Object.keys(workflow('ci.yml').on)).toEqual(['push', 'pull_request']);
});

describe('a deployment', () => {
  const { jobs, on } = workflow('deploy.yml');
  const { deploy, package: packaging } = jobs;

  test('is started by a person, in an environment that guards it', () => {
    expect(Object.keys(on)).toEqual(['workflow_dispatch']);
    expect(deploy?.environment).toBe('${{ inputs.environment }}');
  });

  test('signs in to Azure by what GitHub vouches for, which only the job that deploys can ask for', () => {
    expect(deploy?.permissions).toEqual({ contents: 'read', 'id-token': 'write' });
    expect(packaging?.permissions).toBeUndefined();
    const login = deploy?.steps.find(({ uses }) => uses?.startsWith('azure/login@'));
    expect(Object.keys(login?.with ?? {}).sort()).toEqual(['client-id', 'subscription-id', 'tenant-id']);
  });

  test('deploys the very package that was tried', () => {
    expect(packaging?.steps.map(({ run }) => run)).toContain('npm run package -- --demo');
    expect(deploy?.steps.map(({ run }) => run)).toContain(
      'azd deploy app --from-package package/app.zip --no-prompt',
    );
  });

  test('hands over every parameter of the template, so that none falls back to its default unseen', () => {
    const names = [...fileOf('infra/main.parameters.json').matchAll(/\$\{([A-Z_]+)\}/g)].map(
      ([, name = '']) => name,
    );
    expect(names.length).toBeGreaterThan(0);
    expect(Object.keys(deploy?.env ?? {})).toEqual(expect.arrayContaining(names));
  });
});
