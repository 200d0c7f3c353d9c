// The measure of `npm run bench:start`: as little as a Durable app can be that uses the same Azure clients.
const { app } = require('@azure/functions');
const durable = require('durable-functions');
require('@azure/data-tables');
require('@azure/identity');
require('@azure/keyvault-secrets');
require('@azure/storage-blob');

app.http('live', {
  route: 'health/live',
  methods: ['GET'],
  authLevel: 'anonymous',
  extraInputs: [durable.input.durableClient()],
  handler: () => ({ jsonBody: { status: 'live' } }),
});
durable.app.activity('nothing', { handler: () => null });
durable.app.orchestration('empty', function* (context) {
  return yield context.df.callActivity('nothing');
});
