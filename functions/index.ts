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
import { guard } from './http/guard';
import { routesOf } from './http/routes';
import { exportRun } from './orchestrators/export-run';
import { lookAfterConnections } from './timers/look-after-connections';
import { retention } from './timers/retention';
import { schedule } from './timers/schedule';

const settings = readSettings(process.env);
const deps = compose(settings);
const gate = {
  trust: { authenticationOn: settings.WEBSITE_AUTH_ENABLED, tenantId: settings.AUTH_TENANT_ID },
  ...deps,
};

for (const route of routesOf(deps)) {
  app.http(route.name, {
    route: route.path,
    methods: [route.method],
    authLevel: 'anonymous',
    extraInputs: [input.durableClient()],
    handler: guard(route, gate),
  });
}

for (const [name, make] of Object.entries({ schedule, lookAfterConnections, retention })) {
  app.timer(name, {
    schedule: settings.SCHEDULE_CRON,
    extraInputs: [input.durableClient()],
    handler: make(deps),
  });
}

durable.orchestration(names.exportRun, exportRun);

for (const { name, handler } of [openRun, prepareBatches, importBatch, awaitImports, closeRun].map((make) =>
  make(deps),
)) {
  durable.activity(name, { handler });
}
