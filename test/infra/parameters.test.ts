// The file of parameters is compared with the template.
import { parameterFaults } from './parameters';

const declared = { location: { type: 'string' }, most: { type: 'int' } };
const file = (parameters: object) => JSON.stringify({ parameters });

test('a file that fills every parameter from one variable is right', () => {
  expect(
    parameterFaults(file({ location: { value: '${PLACE}' }, most: { value: '${MOST}' } }), declared),
  ).toEqual([]);
});

test.each([
  ['fills too few', { location: { value: '${PLACE}' } }, 'does not fill most'],
  [
    'fills too many',
    { location: { value: '${PLACE}' }, most: { value: '${MOST}' }, more: { value: '${MORE}' } },
    'fills more, which',
  ],
  [
    'holds a default',
    { location: { value: '${PLACE=here}' }, most: { value: '${MOST}' } },
    'gives location something else',
  ],
  ['holds a value', { location: { value: '${PLACE}' }, most: { value: 3 } }, 'gives most something else'],
])('a file that %s is wrong', (_how, parameters, fault) => {
  expect(parameterFaults(file(parameters), declared).join()).toContain(fault);
});
