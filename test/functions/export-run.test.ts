// The orchestration of a run, stepped with canned results of its activities.
import { exportRun } from '../../functions/orchestrators/export-run';
import {
  stepOrchestrator,
  type Answers,
  type Asked,
  type Script,
  type Stepped,
} from '../support/step-orchestrator';

const runId = 'spring-20260301115900-abcdefghij23';
const input = { runId, concurrency: 2, pollFirst: 5_000, pollLongest: 60_000, requestsPerSecond: 4 };
const opened = { kind: 'opened' };
const sent = { kind: 'sent' };
const stopped = { kind: 'stopped' };
const looked = (open = 0, again: object[] = []) => ({ kind: 'looked', open, again });
const prepared = (...waves: number[]) => ({ kind: 'prepared', waves, contacts: 100 });
const later = (until: number, why = 'request-budget') => ({ kind: 'later', until, why });
const inMinutes = (minutes: number) => Date.parse('2026-03-01T12:00:00Z') + minutes * 60_000;

/** A run of one wave with two batches where all goes well, unless `answers` says otherwise. */
function run(answers: Record<string, Answers> = {}, wait?: Script['wait']): Stepped {
  return stepOrchestrator(exportRun, {
    input,
    answers: {
      openRun: [opened],
      prepareBatches: [prepared(2)],
      importBatch: () => sent,
      awaitImports: () => looked(),
      closeRun: [null],
      ...answers,
    },
    ...(wait ? { wait } : {}),
  });
}

/** What was scheduled, in a short form: `importBatch 1/1` is batch 1, attempt 1; `timer 5` is a timer of five seconds. */
const story = ({ actions }: Stepped) =>
  actions.map((action) => {
    if (action.kind === 'timer') {
      return `timer ${(action.until - action.from) / 1000}${action.canceled ? ' canceled' : ''}`;
    }
    const { round, batch, attempt, reason } = action.input as Record<string, string | number | undefined>;
    const details = batch === undefined ? (round ?? reason) : `${batch}/${attempt}`;
    return details === undefined ? action.name : `${action.name} ${details}`;
  });

const timersOf = (stepped: Stepped) => story(stepped).filter((line) => line.startsWith('timer'));
const batchOf = ({ input: given }: Asked) => (given as { batch: number; attempt: number }).batch;
const attemptOf = ({ input: given }: Asked) => (given as { batch: number; attempt: number }).attempt;
const statusAt = (stepped: Stepped, index: number) => stepped.statuses.at(index) as Record<string, unknown>;

describe('a run where all goes well', () => {
  test('opens, prepares, sends every batch, waits for the import jobs, and closes', () => {
    const stepped = run();
    expect(story(stepped)).toEqual([
      'openRun 1',
      'prepareBatches 1',
      'importBatch 1/1',
      'importBatch 2/1',
      'timer 5',
      'awaitImports',
      'closeRun done',
    ]);
    expect(stepped.error).toBeUndefined();
    expect(stepped.result).toBeUndefined();
  });

  test('gives every activity the id of the run, and six tries over about five minutes', () => {
    for (const action of run().actions) {
      if (action.kind === 'timer') continue;
      expect(action.input).toMatchObject({ runId });
      const { maxNumberOfAttempts, firstRetryIntervalInMilliseconds, ...pace } = action.retry;
      expect(maxNumberOfAttempts).toBe(6);
      const waits = Array.from({ length: maxNumberOfAttempts - 1 }, (_, index) =>
        Math.min(
          firstRetryIntervalInMilliseconds * pace.backoffCoefficient ** index,
          pace.maxRetryIntervalInMilliseconds,
        ),
      );
      const minutes = waits.reduce((sum, wait) => sum + wait, 0) / 60_000;
      expect(minutes).toBeGreaterThan(4);
      expect(minutes).toBeLessThan(6);
    }
  });

  test('has no more batches under way at once than its input allows', () => {
    let atOnce = 0;
    let most = 0;
    let last = 0;
    const stepped = run({
      prepareBatches: [prepared(5)],
      importBatch: ({ now }) => {
        atOnce = now === last ? atOnce + 1 : 1;
        last = now;
        most = Math.max(most, atOnce);
        return sent;
      },
    });
    expect(most).toBe(2);
    expect(story(stepped).filter((line) => line.startsWith('importBatch'))).toEqual(
      [1, 2, 3, 4, 5].map((batch) => `importBatch ${batch}/1`),
    );
  });

  test('begins a wave only when every import job of the one before has ended', () => {
    const stepped = run({
      prepareBatches: [prepared(2, 0, 1)],
      awaitImports: [looked(1), looked(), looked(), looked()],
    });
    expect(story(stepped)).toEqual([
      'openRun 1',
      'prepareBatches 1',
      'importBatch 1/1',
      'importBatch 2/1',
      'timer 5',
      'awaitImports',
      'timer 10',
      'awaitImports',
      'timer 5',
      'awaitImports',
      'importBatch 3/1',
      'timer 5',
      'awaitImports',
      'closeRun done',
    ]);
  });

  test('closes a run without any contact at once', () => {
    expect(story(run({ prepareBatches: [{ kind: 'prepared', waves: [], contacts: 0 }] }))).toEqual([
      'openRun 1',
      'prepareBatches 1',
      'closeRun done',
    ]);
  });

  test('waits longer from look to look, up to the longest interval', () => {
    const open = Array.from({ length: 6 }, () => looked(2));
    expect(timersOf(run({ awaitImports: [...open, looked()] }))).toEqual(
      [5, 10, 20, 40, 60, 60, 60].map((seconds) => `timer ${seconds}`),
    );
  });
});

describe('what the custom status shows', () => {
  test('the phases in their order, and how many batches are sent and done', () => {
    const { statuses } = run({ awaitImports: [looked(1), looked()] });
    const phases = (statuses as { phase: string }[]).map(({ phase }) => phase);
    expect(phases.filter((phase, index) => phase !== phases[index - 1])).toEqual([
      'opening',
      'preparing',
      'sending',
      'waiting',
      'closing',
    ]);
    expect(statuses).toContainEqual(
      expect.objectContaining({ contacts: 100, batches: { total: 2, sent: 2, done: 1 } }),
    );
    expect(statusAt({ statuses } as Stepped, -1)).toEqual({
      phases: expect.any(Array) as unknown,
      phase: 'closing',
      contacts: 100,
      batches: { total: 2, sent: 2, done: 2 },
      requests: 0,
    });
  });

  test('an estimate of the time left while batches are sent and awaited', () => {
    const { statuses } = run({ awaitImports: [looked(1), looked()] });
    const estimates = (statuses as { phase: string; estimateSeconds?: number }[]).filter(
      ({ phase, estimateSeconds }) => phase === 'waiting' && estimateSeconds !== undefined,
    );
    // After the first look, 6 s after the batches were sent, one job is still open.
    expect(estimates.map(({ estimateSeconds }) => estimateSeconds)).toEqual([60, 6, 6, 0]);
  });

  test('until when the run is parked, and for what; and nothing of it afterwards', () => {
    const stepped = run({ openRun: [later(inMinutes(720), 'day-budget'), opened] });
    expect(stepped.statuses).toContainEqual(
      expect.objectContaining({ waitingUntil: '2026-03-02T00:00:00.000Z', waitingFor: 'day-budget' }),
    );
    expect(statusAt(stepped, -1)).not.toHaveProperty('waitingUntil');
    expect(statusAt(stepped, -1)).not.toHaveProperty('waitingFor');
  });
});

describe('a run that is put off', () => {
  test('opens again in the same round when the moment has come', () => {
    const stepped = run({ openRun: [later(inMinutes(1)), later(inMinutes(2)), opened] });
    expect(story(stepped).slice(0, 6)).toEqual([
      'openRun 1',
      'timer 59',
      'openRun 1',
      'timer 59',
      'openRun 1',
      'prepareBatches 1',
    ]);
  });

  test('parks for the day while it sends, until the latest moment that any batch asks for, and sends only what is left', () => {
    const stepped = run({
      prepareBatches: [prepared(4)],
      importBatch: (asked) => {
        if (asked.now > inMinutes(700) || batchOf(asked) > 2) return sent;
        return later(inMinutes(batchOf(asked) === 1 ? 720 : 30), 'day-budget');
      },
    });
    expect(story(stepped).slice(2, 9)).toEqual([
      'importBatch 1/1',
      'importBatch 2/1',
      expect.stringMatching(/^timer 43197$/),
      'importBatch 1/1',
      'importBatch 2/1',
      'importBatch 3/1',
      'importBatch 4/1',
    ]);
    expect(story(stepped).at(-1)).toBe('closeRun done');
  });

  test('asks with one batch whether a full queue of jobs has room again, and goes on with as many as before', () => {
    const stepped = run({
      prepareBatches: [prepared(4)],
      importBatch: (asked) => (asked.call <= 4 ? later(asked.now + 60_000, 'job-queue') : sent),
    });
    const lines = story(stepped).filter((line) => /^(importBatch|timer 6)/.test(line));
    expect(lines).toEqual([
      'importBatch 1/1',
      'importBatch 2/1',
      'timer 60',
      'importBatch 1/1',
      'timer 60',
      'importBatch 1/1',
      'timer 60',
      'importBatch 1/1',
      'importBatch 2/1',
      'importBatch 3/1',
      'importBatch 4/1',
    ]);
  });

  test('never counts more batches as sent than there are, also when one turns out not to have been accepted', () => {
    const { statuses } = run({ awaitImports: [looked(0, [{ batch: 1, attempt: 1 }]), looked()] });
    const counts = (statuses as { batches: { sent: number; total: number } }[]).map(({ batches }) => batches);
    expect(counts.every(({ sent: done, total }) => done <= total)).toBe(true);
  });

  test('counts a batch as sent only when it was', () => {
    const { statuses } = run({
      importBatch: (asked) => (asked.call === 2 ? later(inMinutes(1)) : sent),
    });
    const counts = (statuses as { batches: { sent: number } }[]).map(({ batches }) => batches.sent);
    expect([...new Set(counts)]).toEqual([0, 1, 2]);
  });

  test('looks again at the import jobs when the moment has come', () => {
    const stepped = run({ awaitImports: [later(inMinutes(5)), looked()] });
    expect(story(stepped).slice(4)).toEqual([
      'timer 5',
      'awaitImports',
      expect.stringMatching(/^timer 2/),
      'timer 5',
      'awaitImports',
      'closeRun done',
    ]);
  });
});

describe('a segment that changes under the read', () => {
  const changed = { kind: 'changed' };

  test('is opened and read anew after a moment, in a round of its own', () => {
    const stepped = run({ openRun: [opened, opened], prepareBatches: [changed, prepared(1)] });
    expect(story(stepped).slice(0, 6)).toEqual([
      'openRun 1',
      'prepareBatches 1',
      'timer 5',
      'openRun 2',
      'prepareBatches 2',
      'importBatch 1/1',
    ]);
  });

  test('ends the run after three rounds, with nothing sent', () => {
    const stepped = run({ openRun: () => opened, prepareBatches: () => changed });
    expect(story(stepped)).toEqual([
      'openRun 1',
      'prepareBatches 1',
      'timer 5',
      'openRun 2',
      'prepareBatches 2',
      'timer 5',
      'openRun 3',
      'prepareBatches 3',
      'closeRun changing',
    ]);
  });

  test('or whose files are missing ends the run after three rounds too, with nothing read', () => {
    expect(story(run({ openRun: () => changed }))).toEqual([
      'openRun 1',
      'timer 5',
      'openRun 2',
      'timer 5',
      'openRun 3',
      'closeRun changing',
    ]);
  });

  test('is not waited for when somebody cancels', () => {
    const stepped = run({ openRun: [changed, stopped] }, () => 'cancel');
    expect(story(stepped)).toEqual(['openRun 1', 'timer 5 canceled', 'openRun 2', 'closeRun done']);
  });
});

describe('a Constant Contact that is away', () => {
  const away = (asked: Asked) => later(asked.now + 30_000, 'constant-contact-away');

  test('before anything was sent is looked for ten times, for about five minutes, and then the run is closed', () => {
    const stepped = run({ openRun: away });
    expect(story(stepped).filter((line) => line === 'openRun 1')).toHaveLength(10);
    expect(story(stepped).at(-1)).toBe('closeRun away');
  });

  test('and comes back is no more than a pause', () => {
    const stepped = run({ openRun: (asked) => (asked.call <= 9 ? away(asked) : opened) });
    expect(story(stepped).at(-1)).toBe('closeRun done');
    expect(stepped.statuses).toContainEqual(expect.objectContaining({ waitingFor: 'constant-contact-away' }));
  });

  test('is counted over all rounds, and other waits are not', () => {
    const stepped = run({
      openRun: (asked) => {
        if (asked.call > 30) return opened;
        if (asked.call === 6) return { kind: 'changed' };
        return asked.call <= 5 ? away(asked) : later(asked.now + 1_000, 'request-budget');
      },
    });
    expect(story(stepped).at(-1)).toBe('closeRun done');
    expect(
      story(run({ openRun: (asked) => (asked.call === 6 ? { kind: 'changed' } : away(asked)) })).at(-1),
    ).toBe('closeRun away');
  });

  test('is not alone in that: a Key Vault that refuses the app closes the run with what is to be done', () => {
    const stepped = run({ openRun: (asked) => later(asked.now + 30_000, 'key-vault') });
    expect(story(stepped).filter((line) => line === 'openRun 1')).toHaveLength(10);
    expect(story(stepped).at(-1)).toBe('closeRun no-secrets');
  });
});

describe('a run that stops', () => {
  test('before it is open is closed', () => {
    expect(story(run({ openRun: [stopped] }))).toEqual(['openRun 1', 'closeRun done']);
  });

  test('while it is prepared is closed', () => {
    expect(story(run({ prepareBatches: [stopped] }))).toEqual([
      'openRun 1',
      'prepareBatches 1',
      'closeRun done',
    ]);
  });

  test('in mid-send sends nothing more, awaits what is open already, and is closed', () => {
    const stepped = run({
      prepareBatches: [prepared(5, 2)],
      importBatch: (asked) => (batchOf(asked) === 4 ? stopped : sent),
      // Failed jobs are reported and not sent again: the run is stopping.
      awaitImports: [looked(2, [{ batch: 1, attempt: 2 }]), looked(1), looked(0, [{ batch: 1, attempt: 2 }])],
    });
    expect(story(stepped).slice(2)).toEqual([
      'importBatch 1/1',
      'importBatch 2/1',
      'importBatch 3/1',
      'importBatch 4/1',
      'awaitImports',
      'timer 5',
      'awaitImports',
      'timer 10',
      'awaitImports',
      'closeRun done',
    ]);
  });

  test('while it waits has one last look and is closed', () => {
    const stepped = run({ prepareBatches: [prepared(2, 2)], awaitImports: [stopped, stopped] });
    expect(story(stepped).slice(4)).toEqual(['timer 5', 'awaitImports', 'awaitImports', 'closeRun done']);
  });

  test('while it sends again what had failed has one last look and is closed', () => {
    const stepped = run({
      importBatch: (asked) => (attemptOf(asked) === 2 ? stopped : sent),
      awaitImports: [looked(0, [{ batch: 2, attempt: 2 }]), looked()],
    });
    expect(story(stepped).slice(4)).toEqual([
      'timer 5',
      'awaitImports',
      'importBatch 2/2',
      'awaitImports',
      'closeRun done',
    ]);
  });

  test('and is put off in its last look waits for it', () => {
    const stepped = run({
      importBatch: () => stopped,
      awaitImports: [later(inMinutes(1)), looked()],
    });
    expect(story(stepped).slice(4)).toEqual([
      'awaitImports',
      expect.stringMatching(/^timer 5/),
      'awaitImports',
      'closeRun done',
    ]);
  });
});

describe('a batch that Constant Contact fails', () => {
  test('gets its second attempt while the others go on, and is then awaited like them', () => {
    const stepped = run({
      awaitImports: [looked(1), looked(1, [{ batch: 2, attempt: 2 }]), looked(1), looked()],
    });
    expect(story(stepped).slice(4)).toEqual([
      'timer 5',
      'awaitImports',
      'timer 10',
      'awaitImports',
      'importBatch 2/2',
      // A fresh job is looked at soon again.
      'timer 5',
      'awaitImports',
      'timer 10',
      'awaitImports',
      'closeRun done',
    ]);
    expect(statusAt(stepped, -1)).toMatchObject({ batches: { total: 2, sent: 2, done: 2 } });
  });

  test('does not hold up the next wave for good', () => {
    const stepped = run({
      prepareBatches: [prepared(1, 1)],
      awaitImports: [looked(0, [{ batch: 1, attempt: 2 }]), looked(), looked()],
    });
    expect(story(stepped)).toContain('importBatch 2/1');
    expect(story(stepped).at(-1)).toBe('closeRun done');
  });
});

describe('a job that does not end in time', () => {
  const givenUp = (again: object[] = []) => ({ ...looked(0, again), unconfirmed: 1 });

  test('keeps the next waves from being sent, as they hold the same people', () => {
    const stepped = run({ prepareBatches: [prepared(2, 1)], awaitImports: [looked(1), givenUp()] });
    expect(story(stepped).slice(-3)).toEqual(['timer 10', 'awaitImports', 'closeRun done']);
    expect(stepped.actions.filter(({ kind }) => kind !== 'timer')).toHaveLength(7);
    expect(statusAt(stepped, -1)).toMatchObject({ batches: { total: 3, sent: 2, done: 2 } });
  });

  test('keeps nothing of its own wave from being sent again', () => {
    const stepped = run({
      prepareBatches: [prepared(2, 1)],
      awaitImports: [givenUp([{ batch: 2, attempt: 2 }]), givenUp()],
    });
    const lines = story(stepped);
    expect(lines).toContain('importBatch 2/2');
    expect(lines).not.toContain('importBatch 3/1');
    expect(lines.at(-1)).toBe('closeRun done');
  });
});

describe('an activity that fails for good', () => {
  const failure = new Error('Activity function failed');

  test.each([
    ['openRun', { openRun: [failure] }],
    ['prepareBatches', { prepareBatches: [failure] }],
    ['importBatch', { importBatch: (asked: Asked) => (batchOf(asked) === 2 ? failure : sent) }],
    ['awaitImports', { awaitImports: [failure] }],
    ['an answer of another form', { openRun: [{ kind: 'something new' }] }],
  ])('closes the run as broken: %s', (_name, answers) => {
    const stepped = run(answers);
    expect(story(stepped).at(-1)).toBe('closeRun broken');
    expect(stepped.error).toBeUndefined();
  });

  test('while batches are sent: no more are begun, and what was accepted is looked at until it has ended', () => {
    const stepped = run({
      prepareBatches: [prepared(4)],
      importBatch: (asked: Asked) => (batchOf(asked) === 2 ? failure : sent),
      awaitImports: [looked(1, [{ batch: 2, attempt: 1 }]), looked(0, [{ batch: 2, attempt: 1 }])],
    });
    expect(story(stepped)).toEqual([
      'openRun 1',
      'prepareBatches 1',
      'importBatch 1/1',
      'importBatch 2/1',
      'awaitImports',
      'timer 5',
      'awaitImports',
      'closeRun broken',
    ]);
  });

  test('while a batch is sent once more: the other jobs are looked at all the same', () => {
    const stepped = run({
      importBatch: (asked: Asked) => (attemptOf(asked) === 2 ? failure : sent),
      awaitImports: [looked(1, [{ batch: 2, attempt: 2 }]), looked()],
    });
    expect(story(stepped).slice(-3)).toEqual(['importBatch 2/2', 'awaitImports', 'closeRun broken']);
  });

  test('and a look after it that fails as well: there is no further one', () => {
    const stepped = run({ importBatch: () => failure, awaitImports: [failure] });
    expect(story(stepped).slice(-2)).toEqual(['awaitImports', 'closeRun broken']);
  });

  test('fails the orchestration when it is the closing itself, so that the next tick repairs it', () => {
    const stepped = run({ closeRun: [failure] });
    expect(stepped.error).toBe(failure);
  });
});

describe('a cancel event', () => {
  const cancelAt = (number: number) => (_timer: unknown, wait: number) =>
    wait === number ? 'cancel' : undefined;

  test('while the run is parked before it is open', () => {
    const stepped = run({ openRun: [later(inMinutes(60)), stopped] }, cancelAt(1));
    expect(story(stepped)).toEqual(['openRun 1', 'timer 3599 canceled', 'openRun 1', 'closeRun done']);
  });

  test('while it is parked in mid-send', () => {
    const stepped = run(
      {
        importBatch: ({ call }) => (call <= 2 ? later(inMinutes(60), 'job-queue') : stopped),
        awaitImports: [stopped],
      },
      cancelAt(1),
    );
    expect(story(stepped).slice(4)).toEqual([
      expect.stringMatching(/^timer .* canceled$/),
      'importBatch 1/1',
      'awaitImports',
      'closeRun done',
    ]);
  });

  test('while it waits for the import jobs', () => {
    const stepped = run({ awaitImports: [looked(2), stopped, stopped] }, cancelAt(2));
    expect(story(stepped).slice(4)).toEqual([
      'timer 5',
      'awaitImports',
      'timer 10 canceled',
      'awaitImports',
      'awaitImports',
      'closeRun done',
    ]);
  });

  test('while it is parked between two looks', () => {
    const stepped = run({ awaitImports: [later(inMinutes(60)), stopped, stopped] }, cancelAt(2));
    expect(story(stepped).slice(4)).toEqual([
      'timer 5',
      'awaitImports',
      expect.stringMatching(/^timer .* canceled$/),
      'awaitImports',
      'awaitImports',
      'closeRun done',
    ]);
  });

  test('during the last look of a run that stopped by itself', () => {
    const stepped = run({ importBatch: () => stopped, awaitImports: [looked(1), stopped] }, cancelAt(1));
    expect(story(stepped).slice(4)).toEqual([
      'awaitImports',
      'timer 5 canceled',
      'awaitImports',
      'closeRun done',
    ]);
  });

  test.each(['openRun', 'prepareBatches', 'importBatch', 'awaitImports'])(
    'while %s works, cuts short every wait that follows',
    (during) => {
      const usual: Record<string, object> = {
        openRun: opened,
        prepareBatches: prepared(2),
        importBatch: sent,
        awaitImports: looked(1),
      };
      let canceled = false;
      const answer = (name: string) => (asked: Asked) => {
        if (name === 'awaitImports' && canceled) return stopped;
        if (name === during && asked.call === 1) {
          asked.raise('cancel');
          canceled = true;
        }
        return usual[name] ?? null;
      };
      const stepped = run(Object.fromEntries(Object.keys(usual).map((name) => [name, answer(name)])));
      // Only a timer that began before the event ran out; those after it are cancelled at once, or never made.
      const waits = timersOf(stepped).filter((line) => !line.endsWith('canceled'));
      expect(waits).toEqual(during === 'awaitImports' ? ['timer 5'] : []);
      expect(story(stepped).at(-1)).toBe('closeRun done');
    },
  );
});

test('an input that is not one of this orchestration fails it before anything is scheduled', () => {
  const stepped = stepOrchestrator(exportRun, { input: { ...input, runId: 'a/b' }, answers: {} });
  expect(stepped.error).toBeDefined();
  expect(stepped.actions).toEqual([]);
});
