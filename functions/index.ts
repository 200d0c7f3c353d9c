// The table of contents: every function of the app. The only module that acts when it is imported.
import { app } from '@azure/functions';
import { app as durable, input } from 'durable-functions';
import { readSettings } from '../shared/platform/settings';
import { names } from '../shared/runs/steps';
import { awaitImports } from './activities/await-imports';
import { closeRun } from './activities/close-run';
import { importBatch } from './activities/import-batch';
import { openRun } from './activities/open-run';
import { prepareBatches } from './activities/prepare-batches';
import { compose } from './composition';
import { guard } from './http/access';
import { cancelRun } from './http/cancel-run';
import { listSegments } from './http/list-segments';
import { live } from './http/live';
import { readRejects } from './http/read-rejects';
import { readRun } from './http/read-run';
import { startRun } from './http/start-run';
import { exportRun } from './orchestrators/export-run';
import { schedule } from './timers/schedule';

const settings = readSettings(process.env);
const deps = compose(settings);
const trust = { authenticationOn: settings.WEBSITE_AUTH_ENABLED, tenantId: settings.AUTH_TENANT_ID };

app.http('live', { route: 'health/live', methods: ['GET'], authLevel: 'anonymous', handler: live });

for (const route of [startRun, readRun, cancelRun, readRejects, listSegments].map((make) => make(deps))) {
  app.http(route.name, {
    route: route.path,
    methods: [route.method],
    authLevel: 'anonymous',
    extraInputs: [input.durableClient()],
    handler: guard(route, trust, deps.log, deps.ready),
  });
}

app.timer('schedule', {
  schedule: settings.SCHEDULE_CRON,
  extraInputs: [input.durableClient()],
  handler: schedule(deps),
});

durable.orchestration(names.exportRun, exportRun);

for (const { name, handler } of [openRun, prepareBatches, importBatch, awaitImports, closeRun].map((make) =>
  make(deps),
)) {
  durable.activity(name, { handler });
}
