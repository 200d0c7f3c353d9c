// New data at any moment, also while a run is on: each change that settles is followed by exactly one run that starts after it. The judge
// is a naive implementation that sees everything as it happens.
import fc from 'fast-check';
import type { Run } from '../../shared/runs/run';
import { anExport, aRun, noon } from '../runs/support/fixtures';
import { makeTimerWorld, settle } from './support/timer-world';

const segments = ['customers', 'vips'];
const segment = fc.constantFrom(...segments);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('write' as const), segment }) },
  // A file is taken away: the data is another, and no time says so.
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('takeAway' as const), segment }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), time: fc.integer({ min: 1, max: settle }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('tick' as const), times: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('byHand' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('read' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('end' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lose' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('save' as const), dies: fc.boolean() }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

interface Present {
  pointer: string;
  /** `undefined`: nobody can know yet. */
  changedAt: number | undefined;
  isSeen: boolean;
}

/** Sees everything, and says at which steps a run starts. */
function makeJudge(start: number) {
  const present = new Map<string, Present>(
    segments.map((name) => [name, { pointer: `${name}-0`, changedAt: start - 1, isSeen: true }]),
  );
  const known = new Map(segments.map((name) => [name, `${name}-0`]));
  let on: { reads: Map<string, string>; savedAfter: Set<string>; isLost?: boolean } | undefined;

  const pointers = () => new Map([...present].map(([name, { pointer }]) => [name, pointer]));
  /** Segments that a save took as known whose route died: the next tick has to. */
  const unsettled = new Set<string>();

  const end = () => {
    if (!on) return;
    for (const [name, pointer] of on.reads) if (!on.savedAfter.has(name)) known.set(name, pointer);
    on = undefined;
  };
  return {
    present,
    isOn: () => on !== undefined,
    isLost: () => on?.isLost === true,
    end,
    lose() {
      if (on) on.isLost = true;
    },
    write(name: string, pointer: string, now: number) {
      unsettled.delete(name);
      present.set(name, { pointer, changedAt: now, isSeen: false });
    },
    /** What is taken away before anybody has seen what was written hides behind that, and so behind a save in between. */
    takeAway(name: string, pointer: string) {
      const { changedAt, isSeen } = present.get(name)!;
      if (unsettled.has(name) && changedAt !== undefined && !isSeen) known.set(name, pointer);
      present.set(name, { pointer, changedAt: isSeen ? undefined : changedAt, isSeen: false });
    },
    /** @returns the pointers of the run that starts. */
    tick(now: number): Map<string, string> | undefined {
      for (const each of present.values()) {
        each.changedAt ??= now;
        each.isSeen = true;
      }
      unsettled.clear();
      if (on?.isLost) end();
      if (on) return undefined;
      const isNew = [...present].some(([name, { pointer }]) => known.get(name) !== pointer);
      const isStill = [...present.values()].every(({ changedAt }) => now - changedAt! >= settle);
      if (!isNew || !isStill) return undefined;
      on = { reads: pointers(), savedAfter: new Set() };
      return on.reads;
    },
    startByHand() {
      on ??= { reads: new Map(), savedAfter: new Set() };
    },
    read() {
      if (!on) return;
      const { reads, savedAfter } = on;
      for (const [name, pointer] of pointers()) {
        // What it had read before the save already is no news.
        if (reads.get(name) !== pointer) savedAfter.delete(name);
        reads.set(name, pointer);
      }
    },
    save(isSeen: boolean) {
      for (const [name, { pointer, changedAt }] of present) {
        // Where nobody looked, a change without a time cannot be told from a later one.
        if (!isSeen && changedAt === undefined) continue;
        known.set(name, pointer);
        if (isSeen) unsettled.delete(name);
        else unsettled.add(name);
        on?.savedAfter.add(name);
      }
    },
  };
}

async function play() {
  const app = makeTimerWorld();
  const at = (moment: number) => new Date(moment).toISOString();
  const judge = makeJudge(noon);
  for (const [name, { pointer, changedAt }] of judge.present)
    app.segments.set(name, { pointer, changedAt: at(changedAt!) });
  await app.exports.create(anExport({ segments, knownSince: at(noon) }));
  await app.tick();

  let version = 0;
  let byHand = 0;
  const expected: Record<string, string>[] = [];
  const seen: Record<string, string>[] = [];
  const running = async () => {
    const { runId } = await app.runs.lock('spring');
    return runId ?? undefined;
  };
  const update = async (change: (run: Run) => Run) => {
    const runId = await running();
    if (runId) await app.runs.update(runId, change);
  };

  async function take(one: Step): Promise<void> {
    // A run whose orchestration is gone does nothing any more.
    if (judge.isLost() && (one.kind === 'read' || one.kind === 'end')) return;
    // No two things happen in one millisecond.
    app.time.advance(1);
    const now = app.clock.now();
    if (one.kind === 'wait') app.time.advance(one.time);
    else if (one.kind === 'write' || one.kind === 'takeAway') {
      const pointer = `${one.segment}-${(version += 1)}`;
      const before = app.segments.get(one.segment) as { changedAt: string };
      const isTold = one.kind === 'write';
      app.segments.set(one.segment, { pointer, changedAt: isTold ? at(now) : before.changedAt });
      if (isTold) judge.write(one.segment, pointer, now);
      else judge.takeAway(one.segment, pointer);
    } else if (one.kind === 'tick') {
      const before = new Set(app.started);
      await Promise.all(Array.from({ length: one.times }, () => app.tick()));
      const started = judge.tick(now);
      if (started) expected.push(Object.fromEntries(started));
      for (const runId of new Set(app.started)) {
        if (!before.has(runId)) seen.push((await app.runs.get(runId))!.pointers);
      }
    } else if (one.kind === 'byHand') {
      if (judge.isOn()) return;
      const id = `spring-20260101000000-${tailOf((byHand += 1))}`;
      const { kind } = await app.runs.start(aRun({ id, status: 'Queued' }));
      expect(kind).toBe('started');
      app.orchestrations.set((await running())!, 'on');
      judge.startByHand();
    } else if (one.kind === 'read') {
      const pointers = Object.fromEntries([...judge.present].map(([name, { pointer }]) => [name, pointer]));
      await update((run) => ({ ...run, status: 'Processing', pointers }));
      judge.read();
    } else if (one.kind === 'end') {
      const runId = await running();
      if (runId) await app.end(runId);
      judge.end();
    } else if (one.kind === 'lose') {
      // Its orchestration is gone: the next tick closes the run before it looks for new data.
      const runId = await running();
      if (!runId) return;
      await update((run) => ({ ...run, status: 'Processing' }));
      app.orchestrations.set(runId, 'over');
      judge.lose();
    } else {
      await app.save('spring', {}, one);
      judge.save(!one.dies);
    }
  }
  return { app, judge, take, expected, seen };
}

/** Of the id of a run: 12 letters. */
const tailOf = (nth: number) =>
  String(nth)
    .padStart(12, '0')
    .replace(/\d/g, (digit) => 'abcdefghij'[Number(digit)]!);

test('each settled change is followed by exactly one run that starts after it, and nothing else starts one', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { app, take, expected, seen } = await play();
      for (const one of steps) await take(one);
      // In the end everything comes to rest, and the last data has been read.
      for (let rest = 0; rest < 3; rest++) {
        await take({ kind: 'tick', times: 1 });
        await take({ kind: 'wait', time: settle });
        await take({ kind: 'end' });
      }
      await take({ kind: 'tick', times: 1 });
      await take({ kind: 'end' });
      expect(seen).toEqual(expected);
      const rest = app.started.length;
      await take({ kind: 'tick', times: 1 });
      expect(app.started).toHaveLength(rest);
    }),
    { numRuns: 500 },
  );
});
