// The rules about deployed queries, on deployments that keep them and on some that do not.
import type { Deployment, Resource } from '../infra/deployment';
import { monitoringRules } from './deployed-queries';
import { filledIn, loadedBy, prelude, queries } from './queries';

const deployed = (file: string, fill: (text: string) => string) =>
  queries
    .filter(({ name }) => loadedBy(file).includes(name))
    .map(({ text }) => ({ query: `${prelude}\n${fill(text)}` }));

const resource = (type: string, name: string, properties: unknown): Resource => ({
  id: `/x/${type}/${name}`,
  type,
  name,
  properties,
});

const asIs = (text: string) => text;

function deploymentOf({
  items = deployed('workbook.bicep', asIs),
  criteria = deployed('alerts.bicep', filledIn),
  told = ['/x/Microsoft.Insights/actionGroups/people'],
  enabled = true,
} = {}): Deployment {
  return {
    outputs: {},
    parameters: {},
    resources: [
      resource('Microsoft.Insights/workbooks', 'workbook', {
        serializedData: JSON.stringify({ items: items.map((content) => ({ content })) }),
      }),
      resource('Microsoft.Insights/actionGroups', 'people', {}),
      ...criteria.map((criterion, index) =>
        resource('Microsoft.Insights/scheduledQueryRules', `alert-${index}`, {
          enabled,
          criteria: { allOf: [criterion] },
          actions: { actionGroups: told },
        }),
      ),
    ],
  };
}

const faultsOf = (deployment: Deployment) =>
  monitoringRules.flatMap(({ faults }) =>
    faults(deployment, { requiredSettings: [], workerArguments: '', hub: '' }),
  );

test('a deployment with the queries of the files keeps the rules', () => {
  expect(faultsOf(deploymentOf())).toEqual([]);
});

test('a query that is left out is found, in the workbook and among the alerts', () => {
  expect(faultsOf(deploymentOf({ items: deployed('workbook.bicep', asIs).slice(1) }))).toEqual([
    expect.stringMatching(/^the workbook lacks: /),
  ]);
  expect(faultsOf(deploymentOf({ criteria: deployed('alerts.bicep', filledIn).slice(1) }))).toEqual([
    expect.stringMatching(/^an alert lacks: /),
  ]);
});

test('a query that is in no file is found, and so is an alert with a parameter that nobody filled in', () => {
  const items = [...deployed('workbook.bicep', asIs), { query: '// mine\nAppTraces' }];
  expect(faultsOf(deploymentOf({ items }))).toEqual(['the workbook asks what is in no file: // mine']);
  expect(faultsOf(deploymentOf({ criteria: deployed('alerts.bicep', asIs) })).length).toBeGreaterThan(0);
});

test('an alert that tells nobody, or a group that is not there, is found', () => {
  const alerts = deployed('alerts.bicep', filledIn).length;
  for (const change of [{ told: [] }, { told: ['/elsewhere'] }, { enabled: false }])
    expect(faultsOf(deploymentOf(change))).toHaveLength(alerts);
});
