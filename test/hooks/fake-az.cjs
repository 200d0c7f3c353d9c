// Plays the command line `az`: who is signed in, and `az rest` to Microsoft Graph. Its state is the JSON file FAKE_STATE.
const { readFileSync, writeFileSync } = require('node:fs');
const { answer, Refused } = require('./fake-graph.cjs');

const file = process.env.FAKE_STATE;
const state = JSON.parse(readFileSync(file, 'utf8'));
const args = process.argv.slice(2);
const option = (name) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);

function end(code, stdout, stderr) {
  writeFileSync(file, JSON.stringify(state));
  if (stdout !== undefined) process.stdout.write(`${JSON.stringify(stdout)}\n`);
  if (stderr !== undefined) process.stderr.write(`ERROR: ${stderr}\n`);
  process.exit(code);
}

if (!state.user) end(1, undefined, "Please run 'az login' to setup account.");
if (args[0] === 'account' && args[1] === 'show') {
  const id = option('--subscription') ?? state.currentSubscription;
  const tenantId = state.subscriptions[id];
  if (!tenantId) end(1, undefined, `The subscription of '${id}' doesn't exist in cloud 'AzureCloud'.`);
  end(0, { id, tenantId, user: { name: state.user.name, type: state.user.type } });
}
if (args[0] !== 'rest')
  end(2, undefined, `'${args.join(' ')}' is misspelled or not recognized by the system.`);

const method = option('--method');
const body = option('--body') && JSON.parse(readFileSync(option('--body').slice(1), 'utf8'));
const headers = args.slice(args.indexOf('--headers') + 1).filter((one) => /^[A-Za-z-]+=/.test(one));
if (body && !headers.includes('Content-Type=application/json')) end(1, undefined, 'Unsupported Media Type');
const writing = method !== 'GET';
if (writing && state.denied)
  end(
    1,
    undefined,
    'Forbidden({"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges to complete the operation."}})',
  );
const number = writing ? ++state.writes : 0;
if (writing && state.dieBefore === number) end(137);
// What has just been made is not known everywhere.
if (state.lag > 0 && state.applications.length > 0) {
  state.lag -= 1;
  end(1, undefined, new Refused('Not Found', 'Request_ResourceNotFound', 'not yet').message);
}
try {
  const given = answer(state, {
    method,
    url: option('--url'),
    body,
    upsert: headers.includes('Prefer=create-if-missing'),
  });
  if (writing && state.dieAfter === number) end(137);
  end(0, given);
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  end(1, undefined, error.message);
}
