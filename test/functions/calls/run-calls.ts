// Calls of the routes of runs.
import type { ImportRecord } from '../../../shared/runs/import-record';
import { fates } from '../../../shared/runs/report';
import type { Run } from '../../../shared/runs/run';
import { aBatch, aManifest, aRecord, aRun, noon, runId } from '../../runs/support/fixtures';
import type { WholeWorld } from '../whole-world';
import type { CallsOfRoute } from './call';

/** A run that is on. */
async function running(app: WholeWorld, change: Partial<Run> = {}) {
  await app.runs.start(aRun(change));
  return { params: { runId } };
}

/** A run that has failed, and left a batch. */
async function leftBehind(app: WholeWorld, change: Partial<Run> = {}, records: readonly ImportRecord[] = []) {
  const manifest = aManifest([aBatch(1)]);
  const report = { segments: manifest.segments, batches: fates(manifest, records) };
  await app.files.write(`${runId}/manifest.json`, JSON.stringify(manifest), 'application/json');
  await app.files.write(`${runId}/report.json`, JSON.stringify(report), 'application/json');
  await app.files.write(aBatch(1).blob, 'email\r\nann@example.com\r\n', 'text/csv');
  const ask = await running(app);
  const endedAt = new Date(noon).toISOString();
  await app.runs.finish(runId, (run) => ({ ...run, status: 'Failed', endedAt, batchesLeft: 1, ...change }));
  return ask;
}

/** A run of an export whose connection is for administrators, and whoever may not use that. */
const ofOthers = {
  status: 403,
  code: 'role-needed',
  ask: async (app: WholeWorld) => ({
    ...(await running(app, { connectionId: 'private' })),
    as: 'Contributor' as const,
  }),
};

export const runCalls: Readonly<Record<string, CallsOfRoute>> = {
  listRuns: {
    async well(app) {
      await running(app);
      return { query: 'export=spring&status=Processing&limit=1' };
    },
    status: 200,
    wrong: {
      'a status that is none': {
        status: 400,
        code: 'invalid-request',
        ask: () => ({ query: 'status=Fine' }),
      },
      'an id that is none': { status: 400, code: 'invalid-request', ask: () => ({ query: 'export=../x' }) },
      'a cursor of another list': {
        status: 400,
        code: 'invalid-request',
        ask: () => ({ query: 'cursor=c3ByaW5n' }),
      },
    },
  },
  runAll: { well: () => ({}), status: 202 },
  readRun: { well: running, status: 200 },
  cancelRun: {
    well: running,
    status: 202,
    wrong: {
      'a run that is over': {
        status: 409,
        code: 'run-over',
        async ask(app) {
          const ask = await running(app);
          await app.runs.finish(runId, (run) => ({ ...run, status: 'Successful' }));
          return ask;
        },
      },
      'a run of others': ofOthers,
    },
  },
  retryRun: {
    well: leftBehind,
    status: 202,
    wrong: {
      'a run that left nothing': {
        status: 409,
        code: 'nothing-to-retry',
        ask: (app) => leftBehind(app, { batchesLeft: 0 }),
      },
      'a run that is on': { status: 409, code: 'run-on', ask: running },
      'a run of an export of which another one is on': {
        status: 409,
        code: 'run-on',
        async ask(app) {
          const ask = await leftBehind(app);
          await app.runs.start(aRun({ id: 'spring-20260301130000-bbbbbbbbbbbb' }));
          return ask;
        },
      },
      'a run after which another one has sent': {
        status: 409,
        code: 'later-run-sent',
        async ask(app) {
          const ask = await leftBehind(app);
          const id = 'spring-20260301130000-bbbbbbbbbbbb';
          await app.runs.start(aRun({ id }));
          await app.runs.finish(id, (run) => ({
            ...run,
            status: 'Successful',
            endedAt: new Date(noon + 3_600_000).toISOString(),
            counts: {
              read: 1,
              accepted: 1,
              duplicate: 0,
              rejected: 0,
              refused: 0,
              unconfirmed: 0,
              notSent: 0,
            },
          }));
          return ask;
        },
      },
      'a run whose job may be open': {
        status: 409,
        code: 'jobs-open',
        ask: (app) => leftBehind(app, {}, [aRecord(1)]),
      },
      'a run with a job, while Constant Contact is away': {
        status: 503,
        code: 'constant-contact-away',
        async ask(app) {
          await app.constantContact.stop();
          return leftBehind(app, {}, [aRecord(1)]);
        },
      },
      'a run whose files are gone': {
        status: 409,
        code: 'files-gone',
        async ask(app) {
          const ask = await leftBehind(app);
          await app.files.removeAll(`${runId}/`);
          return ask;
        },
      },
      'a run of others': {
        status: 403,
        code: 'role-needed',
        ask: async (app) => ({
          ...(await leftBehind(app, { connectionId: 'private' })),
          as: 'Contributor' as const,
        }),
      },
    },
  },
  readRejects: {
    async well(app) {
      const rejects = `${runId}/rejects.csv`;
      await app.files.write(rejects, Buffer.from('segment,shard\r\n'), 'text/csv');
      return running(app, { rejects });
    },
    status: 200,
    wrong: {
      'a run without rejects': { status: 404, code: 'no-rejects', ask: running },
      'a run of others': ofOthers,
    },
  },
};
