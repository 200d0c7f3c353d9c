// The README tells of every setting, of none that is not there, and of its true default.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSettings, settingNames, SettingsFaulty } from '../shared/platform/settings';
import { projectRoot } from './support/project-root';

const readme = readFileSync(join(projectRoot(), 'README.md'), 'utf8');

/** The second column of the table of settings, by name. Code stands in backticks. */
const defaults = new Map(
  [...readme.matchAll(/^\| `([A-Za-z_]+)` +\| (.*?) +\|/gm)].map(([, name = '', value = '']) => [
    name,
    value,
  ]),
);
const required = [...defaults].filter(([, value]) => value === 'required').map(([name]) => name);

/** A value for each setting that has no default. */
const given: NodeJS.ProcessEnv = {
  AzureWebJobsStorage: 'UseDevelopmentStorage=true',
  SEGMENT_STORAGE: 'UseDevelopmentStorage=true',
  SEGMENT_CONTAINER: 'segments',
  KEY_VAULT_URL: 'https://vault.example.net',
  AUTH_TENANT_ID: '7f3c1d52-0a4e-4b1f-8d39-5c2b6e0a9f11',
  CONSTANT_CONTACT_CLIENT_ID: 'client',
};

test('the table of settings in the README names every setting that the app reads, and no other', () => {
  const named = [...settingNames, 'AzureWebJobsStorage', 'SEGMENT_STORAGE'];
  expect([...defaults.keys()].sort()).toEqual(named.sort());
});

test('the settings that the README calls required are those without which the app does not start', () => {
  expect([...required].sort()).toEqual(Object.keys(given).sort());
  for (const name of required) {
    const without = { ...given, [name]: undefined };
    expect(() => readSettings(without)).toThrow(SettingsFaulty);
    expect(() => readSettings(without)).toThrow(`${name} is missing`);
  }
});

test('the defaults that the README gives are those that the app takes', () => {
  type Value = string | number | boolean | undefined;
  const settings = readSettings(given) as unknown as Record<string, Value>;
  const told = (value: Value) => {
    if (value === undefined) return 'none';
    return value === '' ? 'empty' : `\`${String(value)}\``;
  };
  const optional = [...defaults].filter(([name]) => !required.includes(name));
  expect(Object.fromEntries(optional)).toEqual(
    Object.fromEntries(optional.map(([name]) => [name, told(settings[name])])),
  );
});
