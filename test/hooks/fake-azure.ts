// Commands `az` and `azd` in a folder of their own, which keep what they are told in a file, and a way to run a hook with them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { projectRoot } from '../support/project-root';

export const tenantId = '11111111-1111-4111-8111-111111111111';
export const subscriptionId = '22222222-2222-4222-8222-222222222222';

export interface Application {
  readonly id: string;
  readonly appId: string;
  readonly uniqueName: string;
  readonly displayName: string;
  readonly signInAudience: string;
  readonly identifierUris: readonly string[];
  readonly api: {
    readonly requestedAccessTokenVersion: number;
    readonly oauth2PermissionScopes: readonly { readonly id: string; readonly value: string }[];
    readonly preAuthorizedApplications: readonly object[];
  };
  readonly appRoles: readonly {
    readonly id: string;
    readonly value: string;
    readonly allowedMemberTypes: readonly string[];
  }[];
  readonly web: { readonly redirectUris: readonly string[]; readonly homePageUrl?: string };
  readonly credentials: readonly { readonly name: string; readonly subject: string }[];
}

export interface State {
  /** Absent: nobody is signed in. */
  user?:
    { readonly id: string; readonly name: string; readonly type: 'user' | 'servicePrincipal' } | undefined;
  currentSubscription: string;
  subscriptions: Record<string, string>;
  applications: Application[];
  servicePrincipals: {
    readonly id: string;
    readonly appId: string;
    readonly appRoleAssignmentRequired?: boolean;
  }[];
  assignments: { readonly principalId: string; readonly resourceId: string; readonly appRoleId: string }[];
  /** What azd keeps, and tells its hooks in variables. */
  environment: Record<string, string>;
  /** Calls to Graph that write, and to azd. */
  writes: number;
  azdWrites: number;
  /** The writing call, counted from 1, that dies before or after it has been carried out. */
  dieBefore?: number;
  dieAfter?: number;
  /** How many calls more find nothing of what has been made. */
  lag: number;
  /** Lists of assignments do not tell the newest. */
  listsLate?: boolean;
  denied?: boolean;
}

export interface FakeAzure {
  state(): State;
  change(change: Partial<State>): void;
  /** Runs a hook as azd does, with azd's environment in its variables. */
  hook(
    name: 'preprovision' | 'postprovision',
    env?: Readonly<Record<string, string>>,
  ): Promise<{ code: number; output: string }>;
  /** Takes a command off the machine. */
  uninstall(command: 'az' | 'azd'): void;
  remove(): void;
}

export function fakeAzure(): FakeAzure {
  const folder = mkdtempSync(join(tmpdir(), 'fake-azure-'));
  const file = join(folder, 'state.json');
  for (const command of ['az', 'azd']) {
    const script = join(projectRoot(), `test/hooks/fake-${command}.cjs`);
    writeFileSync(join(folder, command), `#!/bin/sh\nexec "${process.execPath}" "${script}" "$@"\n`);
    chmodSync(join(folder, command), 0o755);
  }
  const save = (state: State) => writeFileSync(file, JSON.stringify(state));
  const state = () => JSON.parse(readFileSync(file, 'utf8')) as State;
  save({
    user: { id: '33333333-3333-4333-8333-333333333333', name: 'ann@example.com', type: 'user' },
    currentSubscription: subscriptionId,
    subscriptions: { [subscriptionId]: tenantId },
    applications: [],
    servicePrincipals: [],
    assignments: [],
    environment: { AZURE_ENV_NAME: 'test', AZURE_SUBSCRIPTION_ID: subscriptionId },
    writes: 0,
    azdWrites: 0,
    lag: 0,
  });
  return {
    state,
    change: (change) => save({ ...state(), ...change }),
    async hook(name, env = {}) {
      const child = spawn(process.execPath, [join(projectRoot(), `infra/hooks/${name}.mjs`)], {
        env: {
          // Nothing but the two commands and what a shell needs.
          PATH: [folder, dirname('/bin/sh')].join(delimiter),
          TMPDIR: tmpdir(),
          FAKE_STATE: file,
          ENTRA_RETRY_SECONDS: '0',
          ...state().environment,
          ...env,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (part: Buffer) => (output += part.toString()));
      await once(child, 'close');
      return { code: child.exitCode ?? -1, output };
    },
    uninstall: (command) => rmSync(join(folder, command)),
    remove: () => rmSync(folder, { recursive: true }),
  };
}
