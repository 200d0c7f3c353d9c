// The app is asked from outside whether it answers.
import { at, ofType, type Rule } from './deployment';

/** The host name is known in Azure only: until then the address is an expression. */
const asksLiveness = /^(https:\/\/[^/]+|\[format\('https:\/\/\{0\})\/api\/health\/live($|', )/;

export const availabilityRules: readonly Rule[] = [
  {
    name: 'an availability test asks the liveness by HTTPS, and its alert reaches somebody',
    faults(deployment) {
      const [test, ...others] = ofType(deployment, 'Microsoft.Insights/webtests');
      const [alert] = ofType(deployment, 'Microsoft.Insights/metricAlerts');
      if (!test || others.length > 0)
        return [`there are ${others.length + (test ? 1 : 0)} availability tests`];
      const url = at(test, 'properties', 'Request', 'RequestUrl');
      const actions = at(alert, 'properties', 'actions');
      return [
        ...(typeof url === 'string' && asksLiveness.test(url)
          ? []
          : [`the test asks ${JSON.stringify(url)}`]),
        ...(at(test, 'properties', 'Enabled') === true ? [] : ['the test is off']),
        ...(Array.isArray(actions) && actions.length > 0 ? [] : ['its alert reaches nobody']),
      ];
    },
  },
];
