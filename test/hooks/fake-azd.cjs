// Plays `azd env set NAME VALUE --environment ENVIRONMENT`. Its state is the JSON file FAKE_STATE.
const { readFileSync, writeFileSync } = require('node:fs');

const [env, set, name, value, flag, environment] = process.argv.slice(2);
if (env !== 'env' || set !== 'set' || flag !== '--environment' || environment === undefined) {
  process.stderr.write('ERROR: unknown command\n');
  process.exit(1);
}
const file = process.env.FAKE_STATE;
const state = JSON.parse(readFileSync(file, 'utf8'));
state.azdWrites += 1;
state.environment[name] = value;
writeFileSync(file, JSON.stringify(state));
