// Closing a run that failed for a cause that passes: it is put off, once for each try, whoever comes and how late.
import { makeCloseRun } from '../../shared/runs/close-run';
import type { closeRunInput } from '../../shared/runs/steps';
import type { z } from 'zod';
import { aRecord, noCounters, noon, runId } from './support/fixtures';
import { makePreparedRun, type PreparedRunOptions } from './support/prepared-run';

const completed = aRecord(1, { state: 'completed', ended: 'completed', counters: noCounters });
const reason = { code: 'constant-contact-unavailable', sentence: 'Run the export again later.' };
const inMinutes = (minutes: number) => noon + minutes * 60_000;

async function start(options: PreparedRunOptions = {}) {
  const app = await makePreparedRun({ records: [completed], run: { reason }, ...options });
  const closeRun = makeCloseRun({ ...app.deps, retryPauses: [900_000, 3_600_000] });
  return {
    ...app,
    close: (change: Partial<z.input<typeof closeRunInput>> = {}) =>
      closeRun({ runId, reason: 'done', tries: 0, ...change }),
    /** As opening it again leaves the row. */
    goOn: () =>
      app.runs.update(runId, (run) => ({ ...run, status: 'Processing', reason: null, retryAt: null })),
  };
}

test('the run waits, keeps its export, and nothing of it is removed', async () => {
  const app = await start();
  const before = app.files.names();
  await expect(app.close()).resolves.toEqual({ kind: 'retry', until: inMinutes(15) });
  expect(await app.run()).toMatchObject({
    status: 'Failed (retrying)',
    tries: 1,
    retryAt: new Date(inMinutes(15)).toISOString(),
    endedAt: null,
    counts: { read: 20, accepted: 10, notSent: 10 },
    reason: { code: reason.code },
  });
  expect(await app.runs.lock('spring')).toMatchObject({ runId });
  expect(app.files.names()).toEqual(before);
  expect(app.logged.events.map(({ event }) => event)).toEqual(['run.retrying']);
});

test('an execution that comes twice, at once or later, comes to the same', async () => {
  const app = await start();
  const answers = await Promise.all([app.close(), app.close()]);
  app.time.advance(60_000);
  expect([...answers, await app.close()]).toEqual(
    Array.from({ length: 3 }, () => ({ kind: 'retry', until: inMinutes(15) })),
  );
  expect((await app.run()).tries).toBe(1);
});

test('an execution that is between its first look and its first change meanwhile uses up no try', async () => {
  const app = await start();
  let answer: unknown;
  const runs = {
    ...app.deps.runs,
    update: async (...args: Parameters<typeof app.runs.update>) => {
      answer ??= await app.close();
      return app.runs.update(...args);
    },
  };
  const late = makeCloseRun({ ...app.deps, runs, retryPauses: [900_000, 3_600_000] });
  await expect(late({ runId, reason: 'done', tries: 0 })).resolves.toEqual({
    kind: 'retry',
    until: inMinutes(15),
  });
  expect(await app.run()).toMatchObject({ tries: 1, retryAt: new Date(inMinutes(15)).toISOString() });
  expect(app.logged.events.map(({ event }) => event)).toEqual(['run.retrying']);
});

test('an execution that comes when the run has gone on takes nothing from it', async () => {
  const app = await start();
  await app.close();
  const on = await app.goOn();
  await expect(app.close({ reason: 'broken' })).resolves.toMatchObject({ kind: 'retry' });
  expect(await app.run()).toEqual(on);
});

test('an execution that was at work while the run was put off and went on takes nothing from it either', async () => {
  const app = await start({ run: { reason: { code: 'import-refused', sentence: 'No.' } } });
  let on;
  const files = {
    ...app.deps.files,
    create: async (...args: Parameters<typeof app.files.create>) => {
      // It is about to write the report.
      on ??= await app.runs.update(runId, (run) => ({ ...run, tries: 1, reason: null }));
      return app.files.create(...args);
    },
  };
  const late = makeCloseRun({ ...app.deps, files, retryPauses: [900_000] });
  await expect(late({ runId, reason: 'done', tries: 0 })).resolves.toMatchObject({ kind: 'retry' });
  expect(await app.run()).toEqual(on);
  expect(await app.runs.lock('spring')).toMatchObject({ runId });

  // The report that it leaves is no obstacle to that of the next try.
  await app.imports.put(runId, undefined, { ...completed, batch: 2 });
  await expect(app.close({ tries: 1 })).resolves.toEqual({ kind: 'closed' });
  expect(await app.run()).toMatchObject({ status: 'Successful', tries: 1 });
  expect(JSON.parse(app.files.text(`${runId}/report.json`))).toMatchObject({
    status: 'Successful',
    tries: 1,
    counts: { accepted: 20 },
  });
});

test('after the last pause it is Failed, as it would have been', async () => {
  const app = await start({ run: { reason, tries: 2 } });
  await expect(app.close({ tries: 2 })).resolves.toEqual({ kind: 'closed' });
  expect(await app.run()).toMatchObject({ status: 'Failed', reason, batchesLeft: 1 });
});

test('who has nobody to go on with closes it for good, with a sentence that is true', async () => {
  const app = await start();
  await app.close();
  await expect(app.close({ reason: 'broken', tries: undefined })).resolves.toEqual({ kind: 'closed' });
  const { status, reason: shown, retryAt } = await app.run();
  expect([status, shown?.code, retryAt]).toEqual(['Failed', 'internal', null]);
  expect(shown?.sentence).not.toContain('by itself');
});

test.each([
  'reconnect-needed',
  'consent-needed',
  'list-unknown',
  'too-many-contacts',
  'import-refused',
  'files-gone',
])('for %s nothing is waited for', async (code) => {
  const app = await start({ run: { reason: { code, sentence: 'Do something.' } } });
  await expect(app.close()).resolves.toEqual({ kind: 'closed' });
  expect(await app.run()).toMatchObject({ status: 'Failed', reason: { code }, tries: 0 });
});

test('a run that somebody cancels at that moment is Canceled', async () => {
  const app = await start({ run: { reason, cancelRequested: true } });
  await expect(app.close()).resolves.toEqual({ kind: 'closed' });
  expect(await app.run()).toMatchObject({ status: 'Canceled', tries: 0 });
});

test('a batch that could not be sent has all its tries again; its doubt and what is open stay', async () => {
  const app = await start({
    records: [
      aRecord(1, { state: 'claimed', tries: 5, until: noon }),
      aRecord(2, { state: 'open', tries: 3, jobId: 'job-2', acceptedAt: noon }),
    ],
  });
  await app.close();
  expect(await app.record(1)).toMatchObject({ state: 'claimed', tries: 0, until: noon });
  expect(await app.record(2)).toMatchObject({ state: 'open', tries: 3, jobId: 'job-2' });
});
