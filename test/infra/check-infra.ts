// `npm run check:infra`: compiles and lints every Bicep file, and holds the rules against what the template comes to. Every fault is
// printed; the exit code is 1 if there is one.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../support/project-root';
import { BicepComplained, BicepMissing, compileAndLint, predict } from './bicep';
import { ofType, type Deployment } from './deployment';
import { parameterFaults } from './parameters';
import { monitoringRules } from '../monitoring/deployed-queries';
import { faultsOf, readApp } from './rules';

const infra = join(projectRoot(), 'infra');
const main = join(infra, 'main.bicep');

const given = {
  environmentName: 'check',
  location: 'westeurope',
  authClientId: '11111111-1111-1111-1111-111111111111',
  authTenantId: '22222222-2222-2222-2222-222222222222',
  constantContactClientId: 'api-key',
  alwaysReadyHttp: 1,
  alwaysReadyDurable: 1,
};
const existing = { segmentStorageAccount: 'stexisting', segmentStorageResourceGroup: 'rg-existing' };

/** Only local files: a module or an extension of a registry would be code from elsewhere. */
function registryFaults(file: string): readonly string[] {
  const found = /^\s*(?:module\s+\w+\s+'(?:br|ts)[:/].*|extension\s.*|import\s.*'(?:br|ts)[:/].*)$/m.exec(
    readFileSync(join(infra, file), 'utf8'),
  );
  return found ? [`${file} takes something from a registry: ${found[0].trim()}`] : [];
}

/** With an account that is there already, the deployment makes none, and the role is given where the account lies. */
function existingAccountFaults(deployment: Deployment): readonly string[] {
  const accounts = ofType(deployment, 'Microsoft.Storage/storageAccounts');
  const there = ofType(deployment, 'Microsoft.Authorization/roleAssignments').filter(({ id }) =>
    id.includes('/resourceGroups/rg-existing/providers/Microsoft.Storage/storageAccounts/stexisting/'),
  );
  return [
    ...(accounts.length === 1 ? [] : ['an account for segments is made although one is named']),
    ...(there.length === 1 ? [] : ['the role on the existing account is not in its resource group']),
  ];
}

function check(): readonly string[] {
  const files = readdirSync(infra, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.bicep'))
    .sort();
  const complaints = files.flatMap((file) => {
    try {
      compileAndLint(join(infra, file));
      return registryFaults(file);
    } catch (error) {
      if (error instanceof BicepComplained) return [error.message];
      throw error;
    }
  });
  // What does not compile comes to nothing.
  if (complaints.length > 0) return complaints;

  const app = readApp();
  const own = predict(main, given);
  const withExisting = predict(main, { ...given, ...existing });
  console.log(
    `${files.length} Bicep files compile without a word; the template comes to ${own.resources.length} resources.`,
  );
  return [
    ...faultsOf(own, app, monitoringRules),
    ...faultsOf(withExisting, app, monitoringRules).map(
      (fault) => `with an existing account for the segments: ${fault}`,
    ),
    ...existingAccountFaults(withExisting),
    ...parameterFaults(readFileSync(join(infra, 'main.parameters.json'), 'utf8'), own.parameters),
  ];
}

try {
  const faults = check();
  for (const fault of faults) console.error(fault);
  console.log(faults.length === 0 ? 'infra/ keeps every rule.' : `${faults.length} faults in infra/.`);
  process.exitCode = faults.length === 0 ? 0 : 1;
} catch (error) {
  if (!(error instanceof BicepMissing)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
