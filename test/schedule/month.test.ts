// A month of schedules, minute by minute, with an injected clock: across changes of clocks, restarts, downtimes and double ticks, every
// due run is started exactly once. The judge is another implementation, which looks at wall clocks and remembers everything.
import { newExport, type Export } from '../../shared/exports/export';
import { weekdays, type ExportSchedule, type Times } from '../../shared/schedule/schedule';
import { listId } from '../runs/support/fixtures';
import { makeMemoryTable } from '../support/memory-tables';
import { makeTimerWorld } from './support/timer-world';

const minute = 60_000;
const day = 1_440 * minute;
const missedAfter = 20 * minute;

/** Whole numbers from 0 below `below`, the same ones each time. */
function makeDice(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const vienna = { kind: 'times', days: null, timeZone: 'Europe/Vienna' } as const;
const refresh: { kind: 'times' } & Times = { ...vienna, times: ['02:30', '07:00'] };
const schedules: Readonly<Record<string, ExportSchedule>> = {
  refreshed: { kind: 'with-refresh' },
  gap: { ...vienna, times: ['01:59', '02:00', '02:30', '03:00'] },
  dense: { ...vienna, times: ['09:00', '09:01', '09:20', '10:30'] },
  weekly: { kind: 'times', times: ['01:30', '23:59'], days: ['sunday'], timeZone: 'America/New_York' },
  south: {
    kind: 'times',
    times: ['01:45'],
    days: ['monday', 'sunday', 'saturday'],
    timeZone: 'Australia/Lord_Howe',
  },
  off: { kind: 'off' },
};

/** Each minute at which a time of it comes, by looking at the clocks of the zone once a minute. */
function dueMinutes({ times, days, timeZone }: Times, from: number, to: number): number[] {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
  let shown = '';
  const came = new Set<string>();
  const found: number[] = [];
  for (let moment = from - day; moment <= to; moment += minute) {
    const now = format.format(moment);
    const date = now.slice(0, 10);
    const onDay = !days || days.includes(weekdays[(new Date(`${date}T00:00Z`).getUTCDay() + 6) % 7]!);
    // Reached: shown now, or jumped over since a minute ago.
    const reached = times.filter(
      (time) => onDay && `${date} ${time}` <= now && `${date} ${time}` > shown.slice(0, 16),
    );
    const isFirst = reached.map((time) => !came.has(`${date} ${time}`));
    reached.forEach((time) => came.add(`${date} ${time}`));
    if (moment > from && isFirst.includes(true)) found.push(moment);
    if (now > shown) shown = now;
  }
  return found;
}

interface Expected {
  readonly at: number;
  readonly dueAt: number;
  readonly missedBy: number | null;
}

/** What should have been started, by one who looks at each tick whether a time has come since the one before. */
function judge(
  due: readonly number[],
  ticks: readonly number[],
  from: number,
  duration: (nth: number) => number,
) {
  const expected: Expected[] = [];
  let last = from;
  let busyUntil = -Infinity;
  let owed: Omit<Expected, 'at'> | undefined;
  for (const tick of ticks) {
    const first = due.find((moment) => moment > last && moment <= tick);
    if (first !== undefined && !owed) {
      const late = tick - first;
      owed = { dueAt: first, missedBy: late > missedAfter ? Math.round(late / 1_000) : null };
    }
    last = tick;
    if (owed && busyUntil <= tick) {
      busyUntil = tick + duration(expected.length);
      expected.push({ at: tick, ...owed });
      owed = undefined;
    }
  }
  return expected;
}

/** Ticks about every ten minutes, some of them several at once; and now and then nobody is there, for minutes or a day and more. */
function plan(from: number, to: number, dice: (below: number) => number) {
  const ticks: { at: number; times: number; restart: boolean }[] = [];
  for (let at = from + 20_000; at < to; at += (60 + dice(1_100)) * 1_000) {
    const restart = dice(60) === 0;
    if (restart) at += dice(4) === 0 ? dice(36 * 60) * minute : dice(90) * minute;
    if (at < to) ticks.push({ at, times: 1 + (dice(8) === 0 ? 2 : 0), restart });
  }
  return ticks;
}

/** Minutes; the longest are longer than the distance of some times. */
const durations = [1, 3, 8, 25, 70, 100];

describe.each([
  ['March 2026, when clocks go forward in the north', '2026-03-05T00:00:00Z'],
  ['October 2026, when clocks go back in the north', '2026-10-05T00:00:00Z'],
])('a month from %s', (_name, start) => {
  const from = Date.parse(start);
  const to = from + 31 * day;

  async function world(
    tables = { exports: makeMemoryTable(), runs: makeMemoryTable(), schedule: makeMemoryTable() },
  ) {
    const app = makeTimerWorld({ start: from, missedAfter, tables });
    const by = { id: 'tenant/person', name: 'Ada' };
    const wanted: Export[] = Object.entries(schedules).map(([id, schedule]) =>
      newExport(
        {
          name: id,
          connectionId: 'main',
          listId,
          mapping: { email: 'Email', fields: {} },
          segments: ['customers'],
          schedule,
          addressesInClear: false,
        },
        { id, listName: null, by, at: from },
      ),
    );
    for (const each of wanted) await app.exports.create(each);
    await app.setRefresh(refresh);
    return app;
  }

  const timesOf = (schedule: ExportSchedule): Times | undefined =>
    schedule.kind === 'off' ? undefined : schedule.kind === 'with-refresh' ? refresh : schedule;

  test('each due run is started exactly once, at the tick at which it should be', async () => {
    const app = await world();
    const ticks = plan(from, to, makeDice(from));
    const lasts = (exportId: string, nth: number) =>
      durations[(nth + Object.keys(schedules).indexOf(exportId)) % durations.length]! * minute;
    const ends = new Map<string, number>();
    const counts = new Map<string, number>();
    let instances = [app.instance(), app.instance()];
    let known = 0;
    for (const { at, times, restart } of ticks) {
      app.time.advance(at - app.clock.now());
      if (restart) instances = [app.instance(), app.instance()];
      for (const [runId, end] of ends) {
        if (end > at) continue;
        ends.delete(runId);
        await app.end(runId);
      }
      await Promise.all(Array.from({ length: times }, (_, index) => instances[index % 2]!(app.runner)));
      for (const runId of new Set(app.started.slice(known))) {
        const exportId = runId.split('-')[0]!;
        const nth = counts.get(exportId) ?? 0;
        if (!ends.has(runId)) counts.set(exportId, nth + 1);
        if (!ends.has(runId)) ends.set(runId, at + lasts(exportId, nth));
      }
      known = app.started.length;
    }

    const started = await app.runsStarted();
    for (const [id, schedule] of Object.entries(schedules)) {
      const times = timesOf(schedule);
      const expected = judge(
        times ? dueMinutes(times, from, to) : [],
        ticks.map(({ at }) => at),
        from,
        (nth) => lasts(id, nth),
      );
      const seen = started
        .filter(({ exportId }) => exportId === id)
        .map(({ createdAt, trigger }) => ({ createdAt, trigger }));
      expect(seen).toEqual(
        expected.map(({ at, dueAt, missedBy }) => ({
          createdAt: new Date(at).toISOString(),
          trigger: {
            kind: schedule.kind === 'with-refresh' ? 'refresh' : 'schedule',
            dueAt: new Date(dueAt).toISOString(),
            missedBy,
          },
        })),
      );
      if (times) expect(seen.length).toBeGreaterThan(5);
    }
    const missed = started.filter(({ trigger }) => 'missedBy' in trigger && trigger.missedBy !== null);
    expect(missed.length).toBeGreaterThan(5);
    expect(app.logged.events.filter(({ event }) => event === 'schedule.missed')).toHaveLength(missed.length);
  });

  test('each due time has one run that starts at it or after it, though instances die in the middle of ticks', async () => {
    const dice = makeDice(from + 1);
    let operationsLeft = Infinity;
    const dying = {
      before() {
        if (--operationsLeft === 0) throw new Error('the instance died');
      },
      after() {
        if (--operationsLeft === 0) throw new Error('the instance died');
      },
    };
    const app = await world({
      exports: makeMemoryTable(),
      runs: makeMemoryTable(dying),
      schedule: makeMemoryTable(dying),
    });
    let deaths = 0;
    for (const { at } of plan(from, to, dice)) {
      app.time.advance(at - app.clock.now());
      for (const [runId, state] of app.orchestrations)
        if (state === 'on' && dice(6) === 0) await app.end(runId);
      // Half of the deaths are near writing, which only happens when something is due.
      if (dice(3) === 0) operationsLeft = 1 + dice(40);
      await app
        .instance()(app.runner)
        .catch(() => undefined);
      if (operationsLeft <= 0) deaths += 1;
      operationsLeft = Infinity;
    }
    for (let rest = 0; rest < 3; rest++) {
      app.time.advance(minute);
      await app.tick();
      for (const [runId, state] of app.orchestrations) if (state === 'on') await app.end(runId);
    }

    expect(deaths).toBeGreaterThan(100);
    const started = await app.runsStarted();
    const last = app.clock.now();
    for (const [id, schedule] of Object.entries(schedules)) {
      const times = timesOf(schedule);
      const due = times ? dueMinutes(times, from, last) : [];
      const moments = started
        .filter(({ exportId }) => exportId === id)
        .map(({ createdAt }) => Date.parse(createdAt));
      // A run serves the times that came since the run before it: each time has its run, and each run has a time.
      const served = due.map((moment) => moments.findIndex((run) => run >= moment));
      expect(served).not.toContain(-1);
      expect([...new Set(served)]).toEqual(moments.map((_, index) => index));
    }
  });
});
