// Every promise about a deployment, and what the app says that they are compared with.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSettings, SettingsFaulty } from '../../shared/platform/settings';
import { projectRoot } from '../support/project-root';
import { workerArguments } from '../support/worker-arguments';
import { accessRules } from './access-rules';
import { appRules } from './app-rules';
import { availabilityRules } from './availability-rules';
import { dataRules } from './data-rules';
import type { App, Deployment, Rule } from './deployment';
import { signInRules } from './sign-in-rules';

export const rules: readonly Rule[] = [
  ...accessRules,
  ...signInRules,
  ...dataRules,
  ...appRules,
  ...availabilityRules,
];

/** @param others rules beside these. @returns a sentence for each broken promise. */
export const faultsOf = (deployment: Deployment, app: App, others: readonly Rule[] = []): readonly string[] =>
  [...rules, ...others].flatMap((rule) =>
    rule.faults(deployment, app).map((fault) => `${rule.name}: ${fault}`),
  );

/** What the app does not start without, asked of the app itself. */
function requiredSettings(): readonly string[] {
  try {
    readSettings({});
  } catch (error) {
    if (!(error instanceof SettingsFaulty)) throw error;
    return error.faults.flatMap((fault) => /^(\w+) is missing/.exec(fault)?.[1] ?? []);
  }
  return [];
}

export function readApp(): App {
  const host = JSON.parse(readFileSync(join(projectRoot(), 'host.json'), 'utf8')) as {
    extensions: { durableTask: { hubName: string } };
  };
  return {
    requiredSettings: requiredSettings(),
    workerArguments: workerArguments(),
    hub: host.extensions.durableTask.hubName,
  };
}
