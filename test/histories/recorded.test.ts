// Runs that were on when a new version was deployed go on: the orchestrator of today does what those of the past have done.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OrchestrationContext, Task } from 'durable-functions';
import { exportRun } from '../../functions/orchestrators/export-run';
import { projectRoot } from '../support/project-root';
import { ReplayDiffers, type HistoryEvent } from '../support/replay';
import { sameAsRecorded } from './same-as-recorded';
import { currentVersion, folderOf, recordedVersions } from './versions';

const hostJson: unknown = JSON.parse(readFileSync(join(projectRoot(), 'host.json'), 'utf8'));
const read = (version: string, file: string) =>
  JSON.parse(readFileSync(join(folderOf(version), file), 'utf8')) as HistoryEvent[];
const recordings = recordedVersions().flatMap((version) =>
  readdirSync(folderOf(version)).map((file) => ({ version, file })),
);

test('there are recordings of the version that new runs get', () => {
  expect(recordings).toContainEqual({ version: currentVersion(hostJson), file: 'sent.json' });
});

test.each(recordings)(
  'a run of version $version is replayed as it was ($file)',
  async ({ version, file }) => {
    const history = read(version, file);
    expect(history.find(({ EventType }) => EventType === 0)).toMatchObject({ Version: version });
    await sameAsRecorded(history, exportRun);
  },
);

describe('found out is an orchestrator that', () => {
  const history = read(currentVersion(hostJson), 'sent.json');
  /** Steps through the true one, and changes on the way what it does. */
  function changed(change: (task: Task, step: number, context: OrchestrationContext) => Task | 'end') {
    return function* (context: OrchestrationContext): Generator<Task, void> {
      const steps = exportRun(context);
      let answer: unknown;
      for (let step = 0; ; step++) {
        const { done, value } = steps.next(answer);
        if (done === true) return;
        const task = change(value, step, context);
        if (task === 'end') return;
        answer = yield task;
      }
    };
  }

  test('is not changed: it is not', async () => {
    await expect(
      sameAsRecorded(
        history,
        changed((task) => task),
      ),
    ).resolves.toBeUndefined();
  });

  test.each([0, 1, 2, 3])('ends at step %i', async (last) => {
    const orchestrator = changed((task, step) => (step === last ? 'end' : task));
    await expect(sameAsRecorded(history, orchestrator)).rejects.toThrow(ReplayDiffers);
  });

  test('calls another activity', async () => {
    const orchestrator = changed((task, step, { df }) => (step === 1 ? df.callActivity('another') : task));
    await expect(sameAsRecorded(history, orchestrator)).rejects.toThrow(ReplayDiffers);
  });

  test('calls one more', async () => {
    const orchestrator = changed((task, step, { df }) =>
      step === 1 ? df.Task.all([task, df.callActivity('closeRun')]) : task,
    );
    await expect(sameAsRecorded(history, orchestrator)).rejects.toThrow(ReplayDiffers);
  });
});
