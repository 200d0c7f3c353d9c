// The budget under a simulated time: many instances, slow storage, late timers, calls that travel at different speeds.
import fc from 'fast-check';
import { makeBudget, WaitForSlot, DaySpent, type Budget } from '../../shared/constant-contact/budget';
import {
  budgetRow,
  emptyRow,
  takeSlot,
  TRANSPORT_ROOM_MILLISECONDS,
  type BudgetRow,
} from '../../shared/constant-contact/budget-row';
import { failureOf } from './support/client';
import { makeMemoryTable } from '../support/memory-tables';
import { makeJumpingClock, makeVirtualClock } from './support/clocks';
import { makeRecordingLog } from './support/recording-log';

const noon = Date.parse('2026-04-28T12:00:00Z');
const midnight = Date.parse('2026-04-29T00:00:00Z');

/** The same numbers from the same seed; at least 0 and below 1. */
function makeRandom(seed: number) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The most arrivals that any second holds. */
function mostInASecond(arrivals: readonly number[]) {
  const sorted = arrivals.toSorted((a, b) => a - b);
  return Math.max(
    0,
    ...sorted.map((start) => sorted.filter((time) => time >= start && time < start + 1000).length),
  );
}

const scenario = fc.record({
  seed: fc.integer(),
  start: fc.constantFrom(noon, midnight - 3000),
  perSecond: fc.integer({ min: 1, max: 10 }),
  instances: fc.integer({ min: 1, max: 4 }),
  callers: fc.integer({ min: 1, max: 12 }),
  latency: fc.constantFrom(0, 10, 80, 400),
  overshoot: fc.constantFrom(0, 5, 150),
});

test('no second ever holds more calls than allowed, everybody gets through, and every call is counted', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async ({ seed, start, perSecond, instances, callers, latency, overshoot }) => {
      const random = makeRandom(seed);
      const time = makeVirtualClock(start, () => (random() < 0.3 ? random() * overshoot : 0));
      const table = makeMemoryTable({ before: () => time.exact(random() * latency) });
      const { log } = makeRecordingLog();
      const arrivals: number[] = [];
      const days = new Map<string, number>();

      async function caller(budget: Budget) {
        await time.exact(random() * 2000);
        for (;;) {
          try {
            await budget.reserve();
            break;
          } catch (error) {
            if (!(error instanceof WaitForSlot)) throw error;
            await time.exact(error.until - time.clock.now());
          }
        }
        const arrival = time.clock.now() + random() * TRANSPORT_ROOM_MILLISECONDS;
        arrivals.push(arrival);
        const day = new Date(arrival).toISOString().slice(0, 10);
        days.set(day, (days.get(day) ?? 0) + 1);
      }

      const everybody = Array.from({ length: instances }, () => {
        const budget = makeBudget({
          table,
          clientId: 'app',
          clock: time.clock,
          log,
          perSecond,
          perDay: 10_000,
          random,
        });
        return Array.from({ length: callers }, () => caller(budget));
      });
      await time.run(Promise.all(everybody.flat()));

      expect(mostInASecond(arrivals)).toBeLessThanOrEqual(perSecond);
      expect(arrivals).toHaveLength(instances * callers);
      expect(table.dump().size).toBe(1);
      const [day] = [...days.keys()].sort().slice(-1);
      const { used } = await time.run(
        makeBudget({ table, clientId: 'app', clock: time.clock, log, perSecond }).usedToday(),
      );
      // A call that gave up after missing slot upon slot keeps its count: only then may there be more.
      if (latency + overshoot <= 100) expect(used).toBe(days.get(day!));
      else expect(used).toBeGreaterThanOrEqual(days.get(day!)!);
    }),
    { numRuns: 150 },
  );
});

function alone(
  start: number,
  options: { perSecond?: number; perDay?: number; purpose?: 'api' | 'token'; longestWaitMs?: number } = {},
) {
  const time = makeJumpingClock(start);
  const table = makeMemoryTable();
  const logged = makeRecordingLog();
  const make = (own: typeof options = {}) =>
    makeBudget({
      table,
      clientId: 'app',
      clock: time.clock,
      log: logged.log,
      perSecond: 4,
      random: () => 0,
      ...options,
      ...own,
    });
  return { time, table, logged, make, budget: make() };
}

test('the first call goes at once, and the next ones evenly after it', async () => {
  const { time, budget } = alone(noon);
  for (const expected of [0, 325, 650, 975, 1300]) {
    await budget.reserve();
    expect(time.clock.now() - noon).toBe(expected);
  }
});

test('a spent day parks everybody until 00:00 UTC, and the new day starts at nought', async () => {
  const { time, budget, make } = alone(noon, { perDay: 2 });
  await budget.reserve();
  await budget.reserve();
  const spent = await failureOf(budget.reserve());
  expect(spent).toBeInstanceOf(DaySpent);
  expect(spent).toMatchObject({ code: 'day-spent', until: midnight });
  expect(await failureOf(make().reserve())).toMatchObject({ until: midnight });
  expect(await budget.usedToday()).toEqual({ used: 2, left: 0, spentUntil: undefined });
  time.advance(midnight - time.clock.now());
  expect(await budget.usedToday()).toEqual({ used: 0, left: 2, spentUntil: undefined });
  await budget.reserve();
  expect(await budget.usedToday()).toEqual({ used: 1, left: 1, spentUntil: undefined });
});

test('when Constant Contact says that the day is spent, every instance is parked until then, and no longer', async () => {
  const { time, budget, make, logged } = alone(noon);
  await budget.markDaySpent(midnight);
  await budget.markDaySpent(noon + 1000);
  expect(await failureOf(make().reserve())).toMatchObject({ code: 'day-spent', until: midnight });
  expect(await budget.usedToday()).toMatchObject({ used: 0, spentUntil: midnight });
  expect(logged.events[0]).toMatchObject({ event: 'constant-contact.day-spent' });
  time.advance(midnight - noon);
  await make().reserve();
  expect(time.clock.now()).toBeLessThanOrEqual(midnight + 1000);
});

test('who would wait longer than a few seconds is told until when, and takes no slot', async () => {
  const { time, table, make } = alone(noon, { perSecond: 1, longestWaitMs: 2000 });
  const virtual = makeVirtualClock(noon);
  const { log } = makeRecordingLog();
  const budget = makeBudget({
    table,
    clientId: 'app',
    clock: virtual.clock,
    log,
    perSecond: 1,
    longestWaitMs: 2000,
    random: () => 0.5,
  });
  const results = await virtual.run(
    Promise.allSettled([budget.reserve(), budget.reserve(), budget.reserve()]),
  );
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
  // The slot that was too far away, and half of the two seconds over which those who wait are spread.
  expect(results[2]).toMatchObject({ reason: { code: 'wait-for-slot', until: noon + 2600 + 1000 } });
  expect(time.clock.now()).toBe(noon);
  expect(await make().usedToday()).toMatchObject({ used: 2 });
});

test('the token endpoint has a budget of its own', async () => {
  const { time, table, budget, make } = alone(noon);
  const token = make({ purpose: 'token', perSecond: 1 });
  await budget.reserve();
  await token.reserve();
  expect(time.clock.now()).toBe(noon);
  await token.reserve();
  expect(time.clock.now()).toBe(noon + 1300);
  expect(table.dump().size).toBe(2);
  expect(await token.usedToday()).toMatchObject({ used: 2, left: Infinity });
  expect(await budget.usedToday()).toMatchObject({ used: 1 });
});

test('a slot that passed while storage was slow is not used, and is counted once', async () => {
  const time = makeVirtualClock(noon);
  let slow = 500;
  const table = makeMemoryTable({ before: () => time.exact(slow) });
  const logged = makeRecordingLog();
  const budget = makeBudget({ table, clientId: 'app', clock: time.clock, log: logged.log, perSecond: 4 });
  await time.run(budget.reserve());
  expect(logged.events).toEqual([expect.objectContaining({ event: 'constant-contact.slot-missed' })]);
  slow = 0;
  expect(await time.run(budget.usedToday())).toMatchObject({ used: 1 });
});

test('storage that never lets the change through ends in a wait, not in a spin', async () => {
  const { time, logged } = alone(noon);
  const table = { ...makeMemoryTable(), change: () => Promise.resolve(false) };
  const budget = makeBudget({ table, clientId: 'app', clock: time.clock, log: logged.log, perSecond: 4 });
  expect(await failureOf(budget.reserve())).toMatchObject({ code: 'wait-for-slot' });
});

test('a caller that fails leaves the turn to the next one', async () => {
  const { time, logged } = alone(noon);
  const good = makeMemoryTable();
  let faults = 1;
  const table = {
    ...good,
    get: ((...args) =>
      faults-- > 0 ? Promise.reject(new Error('no storage')) : good.get(...args)) as typeof good.get,
  };
  const budget = makeBudget({ table, clientId: 'app', clock: time.clock, log: logged.log, perSecond: 4 });
  const [first, second] = await Promise.allSettled([budget.reserve(), budget.reserve()]);
  expect(first).toMatchObject({ status: 'rejected' });
  expect(second).toMatchObject({ status: 'fulfilled' });
});

const limits = { perSecond: 4, perDay: 10, longestWait: 5000 };
const row = (part: Partial<BudgetRow>): BudgetRow => budgetRow.parse({ ...emptyRow, ...part });

test('no slot lies within a second of midnight, so the day of a call is never in doubt', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -3000, max: 3000 }),
      fc.integer({ min: -3000, max: 3000 }),
      (offset, next) => {
        const taken = takeSlot(row({ nextSlot: midnight + next }), midnight + offset, midnight + offset, {
          ...limits,
          longestWait: 60_000,
        });
        return taken.kind === 'slot' && Math.abs(taken.slot - midnight) >= 1000;
      },
    ),
  );
});

test('a row that was written with a wrong clock stops nobody', () => {
  const wrong = row({ day: '2030-01-01', used: 10, nextSlot: noon + 1e11, spentUntil: noon + 1e11 });
  expect(takeSlot(wrong, noon, noon, limits)).toMatchObject({
    kind: 'slot',
    slot: noon,
    row: { day: '2026-04-28', used: 1 },
  });
});
