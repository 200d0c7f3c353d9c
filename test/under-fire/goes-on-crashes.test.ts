// A run that goes on after a failure that passes, and one that makes good another: whatever step of theirs dies, before it has done
// anything or after all of it, they come to the same.
import type { Run } from '../../shared/runs/run';
import { startAppInMemory, type AppInMemory, type HowDriven } from '../support/app-in-memory';
import { driveRun } from '../support/drive-run';
import { jobsOf, makeSmallExport, membersOf, outcomeOf, people, successful } from './small-export';

const posts = { method: 'POST', path: '/v3/activities' } as const;
const trigger = { kind: 'on-demand', by: 'tenant/person', name: 'Ada' } as const;
type Crash = 'before' | 'after';

/** Dies at the nth execution of any activity. */
function dying(at: number, crash: Crash) {
  let executions = 0;
  const how: HowDriven = {
    async around({ name }, execute) {
      if (name === 'wait') return execute();
      executions += 1;
      const dies = executions === at;
      if (dies && crash === 'before') throw new Error('the worker died');
      const result = await execute();
      if (dies) throw new Error('the worker died');
      return result;
    },
  };
  return { how, executions: () => executions };
}

/** What must not depend on who dies. */
async function aftermath(app: AppInMemory, run: Run) {
  return {
    outcome: outcomeOf(run),
    members: membersOf(app),
    jobs: jobsOf(app).toSorted(),
    lock: (await app.deps.runs.lock(run.exportId)).runId,
    imports: [...app.tables.imports.dump()],
    files: app.files
      .names()
      .filter((name) => name.startsWith(run.id))
      .map((name) => name.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, 'execution').replace(run.id, 'run')),
  };
}

async function withApp<T>(
  settings: Readonly<Record<string, string>>,
  work: (app: AppInMemory) => Promise<T>,
) {
  const app = await startAppInMemory({ settings: { IMPORT_CONCURRENCY: '1', ...settings } });
  try {
    return await work(app);
  } finally {
    await app.stop();
  }
}

/** Away for one try of the run. The request that is never carried out must not be one that may have been. */
const goesOn = (how: HowDriven) =>
  withApp({}, async (app) => {
    const exportId = await makeSmallExport(app);
    app.constantContact.failRequest({ ...posts, skip: 1, times: 5, action: { kind: 'status', status: 503 } });
    return aftermath(app, await app.run(exportId, how));
  });

const makesGood = (how: HowDriven) =>
  withApp({ RUN_RETRY_SECONDS: 'off' }, async (app) => {
    const exportId = await makeSmallExport(app);
    app.constantContact.failRequest({ ...posts, skip: 1, action: { kind: 'status', status: 400 } });
    const earlier = await app.run(exportId);
    app.passTime(60_000);
    const started = await app.deps.retryRun.start(earlier, trigger);
    if (started.kind !== 'started') throw new Error(started.reason.code);
    const { id } = started.run;
    const passTimeTo = (moment: number) => app.passTime(Math.max(0, moment - app.clock.now()));
    await driveRun({ deps: app.deps, clock: app.clock, passTimeTo, ...how }, id).ended;
    return aftermath(app, (await app.deps.runs.get(id))!);
  });

test.each([
  ['goes on', goesOn, successful, 10],
  ['makes good another', makesGood, { ...successful, counts: { read: 2, accepted: 2 } }, 5],
] as const)(
  'a run that %s comes to the same, whichever of its steps dies',
  async (_what, play, outcome, least) => {
    const nobody = dying(0, 'before');
    const unharmed = await play(nobody.how);
    expect(unharmed).toMatchObject({ outcome, members: [...people], lock: null, imports: [] });
    const steps = nobody.executions();
    expect(steps).toBeGreaterThan(least);
    for (let at = 1; at <= steps; at++) {
      for (const crash of ['before', 'after'] as const)
        expect([at, crash, await play(dying(at, crash).how)]).toEqual([at, crash, unharmed]);
    }
  },
  60_000,
);
