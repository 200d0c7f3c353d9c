// What the app writes in one demonstration of everything that queries look at: the real app in memory, against the emulator of
// Constant Contact. Application Insights keeps each line as the text of `AppTraces.Message`.
import { HttpRequest, InvocationContext } from '@azure/functions';
import { awaitImports } from '../../functions/activities/await-imports';
import { closeRun } from '../../functions/activities/close-run';
import { importBatch } from '../../functions/activities/import-batch';
import { openRun } from '../../functions/activities/open-run';
import { prepareBatches } from '../../functions/activities/prepare-batches';
import type { Deps } from '../../functions/composition';
import { guard } from '../../functions/http/guard';
import { live } from '../../functions/http/health/live';
import { tokenSecretName } from '../../shared/constant-contact/token-secret';
import { connectionId, startAppInMemory, type AppInMemory, type HowDriven } from '../support/app-in-memory';
import { makeSmallExport } from '../under-fire/small-export';

export type Event = Readonly<Record<string, unknown>> & { readonly event: string };

/** Calls the activities as the Functions host does. */
function asActivities(deps: Deps): HowDriven {
  const activities = { openRun, prepareBatches, importBatch, awaitImports, closeRun } as const;
  return {
    async around({ name, input }, execute) {
      if (name === 'wait') return execute();
      return (await activities[name](deps).handler(input, new InvocationContext())) as unknown;
    },
  };
}

const minute = 60_000;

/** Two profiles that are sent, and one that is rejected. Constant Contact is away for a moment, and so is a part of the app. */
async function runThatEndsWell(app: AppInMemory, exportId: string): Promise<void> {
  app.constantContact.failRequest({
    path: '/v3/activities/contacts_file_import',
    action: { kind: 'status', status: 503 },
  });
  let prepared = 0;
  const failsOnce: Deps['prepareBatches'] = (input) =>
    (prepared += 1) === 1 ? Promise.reject(new Error('for a moment')) : app.deps.prepareBatches(input);
  await app.run(exportId, asActivities({ ...app.deps, prepareBatches: failsOnce }));
}

/** Constant Contact is away for as long as a batch is tried, so the run goes on later. */
async function runThatRetries(app: AppInMemory, exportId: string): Promise<void> {
  app.constantContact.failRequest({
    path: '/v3/activities/contacts_file_import',
    times: 5,
    action: { kind: 'status', status: 503 },
  });
  await app.run(exportId, asActivities(app.deps));
}

/** Nobody is signed in any more. */
async function runThatFails(app: AppInMemory, exportId: string): Promise<void> {
  const name = tokenSecretName(connectionId);
  const tokens = app.secrets.get(name)!;
  app.secrets.delete(name);
  // What the app remembers of the sign-in, and what it tells only once an hour, is old by then.
  app.passTime(120 * minute);
  await app.run(exportId, asActivities(app.deps));
  app.secrets.set(name, tokens);
}

/** The tokens have come to be old, so that a call renews them; then nobody is signed in any more, and operators are told. */
async function signInThatEnds(app: AppInMemory, exportId: string): Promise<void> {
  app.passTime(25 * 60 * minute);
  await app.run(exportId, asActivities(app.deps));
  await runThatFails(app, exportId);
  await app.deps.reportHealth();
}

/** Nobody uses a connection for months, and then it cannot be renewed. */
async function signInThatIsNotKeptAlive(app: AppInMemory): Promise<void> {
  app.passTime(25 * 60 * minute);
  await app.deps.constantContact(connectionId).contactLists();
  app.passTime(91 * 24 * 60 * minute);
  app.constantContact.failRequest({ path: '/oauth2/', action: { kind: 'status', status: 503 } });
  await app.deps.keepAlive();
}

/** A request that meets a fault of the app. */
async function requestThatFails({ deps }: AppInMemory): Promise<void> {
  const route = { ...live(), handle: () => Promise.reject(new Error('a fault')) };
  const trust = { authenticationOn: true, tenantId: deps.settings.AUTH_TENANT_ID };
  const gate = { trust, log: deps.log, audit: deps.audit, ready: deps.ready };
  await guard(route, gate)(
    new HttpRequest({ method: 'GET', url: 'https://app.example.com/api/health/live' }),
    new InvocationContext(),
  );
}

/** The timer's work. No orchestration is known: what it starts would be the Functions host's. */
const tick = (app: AppInMemory) =>
  app.deps.tick({ look: () => Promise.resolve({ state: 'absent' }), start: () => Promise.resolve() });

/** Data that comes often enough to say what is usual. */
async function segmentThatChanges(app: AppInMemory): Promise<void> {
  for (let change = 1; change <= 4; change += 1) {
    // What a refresh does last.
    await app.segments.write('model.json', app.segments.text('model.json'), 'application/json');
    app.passTime(120 * minute);
    await tick(app);
  }
}

/** A due time that passes while nobody looks, and segments that cannot be looked at. */
async function timerWithTrouble(app: AppInMemory, storage: { isAway: boolean }): Promise<void> {
  await app.makeExport({
    mapping: { email: 'Email', fields: {} },
    segments: ['People'],
    schedule: { kind: 'times', times: ['10:00'], days: null, timeZone: 'UTC' },
  });
  await tick(app);
  app.passTime(26 * 60 * minute);
  storage.isAway = true;
  await tick(app);
}

/** @returns every event, in the order in which the app wrote them. */
export async function collectTelemetry(): Promise<readonly Event[]> {
  const storage = { isAway: false };
  const app = await startAppInMemory({
    segments: {
      before: () => (storage.isAway ? Promise.reject(new Error('storage is away')) : Promise.resolve()),
    },
  });
  try {
    const withoutRejects = await makeSmallExport(app);
    await app.run(withoutRejects, asActivities(app.deps));
    const exportId = await makeSmallExport(app, [
      '1,ann@example.com,Ann,Bell',
      '2,bob@example.com,Bob,Cole',
      '3,nobody,No,One',
    ]);
    await runThatEndsWell(app, exportId);
    await tick(app);
    await signInThatEnds(app, exportId);
    await tick(app);
    await runThatEndsWell(app, exportId);
    await runThatRetries(app, exportId);
    await requestThatFails(app);
    await segmentThatChanges(app);
    await timerWithTrouble(app, storage);
    await signInThatIsNotKeptAlive(app);
    await app.deps.audit.record({ id: 'tenant/person', name: 'Ada' }, null, {
      action: 'export.remove',
      subject: { kind: 'export', id: exportId, name: 'Two people' },
    });
    return app.logged.map((line) => JSON.parse(line) as Event);
  } finally {
    await app.stop();
  }
}
