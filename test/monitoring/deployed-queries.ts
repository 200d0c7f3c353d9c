// What a deployment has to keep of monitoring: its workbook and alerts ask exactly the queries that are checked offline, and alerts
// reach somebody.
import { at, ofType, textsIn, type Deployment, type Rule } from '../infra/deployment';
import { filledIn, loadedBy, prelude, queries } from './queries';

const workbooks = 'Microsoft.Insights/workbooks';
const alerts = 'Microsoft.Insights/scheduledQueryRules';
const groups = 'Microsoft.Insights/actionGroups';

/** @param fill puts the deployment's values in the place of parameters; a workbook keeps its own. */
const wanted = (file: string, fill: (text: string) => string) =>
  loadedBy(file)
    .filter((name) => name !== 'events')
    .flatMap((name) => queries.filter((query) => query.name === name))
    .map(({ text }) => `${prelude}\n${fill(text)}`);

/** A sentence for each query that is missing, and for each that is not one of the files. */
function differences(what: string, found: readonly string[], files: readonly string[]): string[] {
  const first = (text: string) => text.slice(text.lastIndexOf('// ')).split('\n')[0] ?? '';
  return [
    ...files.filter((text) => !found.includes(text)).map((text) => `${what} lacks: ${first(text)}`),
    ...found
      .filter((text) => !files.includes(text))
      .map((text) => `${what} asks what is in no file: ${first(text)}`),
  ];
}

const queriesIn = (value: unknown) =>
  [...textsIn(value)].filter(([path]) => path.endsWith('.query')).map(([, text]) => text);

function ofWorkbook(deployment: Deployment): string[] {
  const asked = ofType(deployment, workbooks).flatMap((workbook) =>
    queriesIn(JSON.parse(String(at(workbook, 'properties', 'serializedData')))),
  );
  return differences(
    'the workbook',
    asked,
    wanted('workbook.bicep', (text) => text),
  );
}

const ofAlerts = (deployment: Deployment): string[] =>
  differences(
    'an alert',
    ofType(deployment, alerts).flatMap((alert) => queriesIn(at(alert, 'properties', 'criteria'))),
    wanted('alerts.bicep', filledIn),
  );

function toSomebody(deployment: Deployment): string[] {
  const ids = ofType(deployment, groups).map(({ id }) => id);
  return ofType(deployment, alerts).flatMap((alert) => {
    const told = at(alert, 'properties', 'actions', 'actionGroups');
    const reaches = Array.isArray(told) && told.length > 0 && told.every((id: string) => ids.includes(id));
    const enabled = at(alert, 'properties', 'enabled') === true;
    return reaches && enabled ? [] : [`${alert.name} tells nobody`];
  });
}

export const monitoringRules: readonly Rule[] = [
  { name: 'the workbook asks the queries that are checked', faults: ofWorkbook },
  { name: 'alerts ask the queries that are checked', faults: ofAlerts },
  { name: 'alerts reach somebody', faults: toSomebody },
];
