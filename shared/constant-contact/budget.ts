// The request budget of one API key: a row in Table storage, changed by ETag, that every instance and export shares.
import { createHash } from 'node:crypto';
import type { Clock } from '../platform/clock';
import type { Log } from '../platform/log';
import type { Table } from '../platform/tables';
import {
  budgetRow,
  emptyRow,
  SLOT_VALID_MILLISECONDS,
  spentUntil,
  takeSlot,
  usedOn,
  type BudgetRow,
} from './budget-row';

/** Waits up to this are slept through; a longer one is the caller's, with a durable timer. */
const LONGEST_WAIT_MILLISECONDS = 5000;

/** After a lost race for the row: a pause of up to this, growing with each further loss. */
const RACE_PAUSE_MILLISECONDS = 25;
const LONGEST_RACE_PAUSE_MILLISECONDS = 400;
const MOST_RACES = 60;

/** A slot missed by slow storage is followed by one further ahead, up to this. */
const LONGEST_LEAD_MILLISECONDS = 2000;
const MOST_MISSED_SLOTS = 8;

const PARTITION = 'budget';

/** No slot is free within seconds. Wait until then with a durable timer, then reserve anew. */
export class WaitForSlot extends Error {
  readonly code = 'wait-for-slot';
  constructor(
    /** In milliseconds since 1970. */
    readonly until: number,
  ) {
    super(`the calls to Constant Contact queue up; try again at ${new Date(until).toISOString()}`);
  }
}

/** The calls of this UTC day are used up. */
export class DaySpent extends Error {
  readonly code = 'day-spent';
  constructor(
    /** In milliseconds since 1970. */
    readonly until: number,
  ) {
    super(`the calls to Constant Contact of this day are used up; go on at ${new Date(until).toISOString()}`);
  }
}

export interface BudgetUse {
  /** Slots given on this UTC day. */
  readonly used: number;
  readonly left: number;
  /** Until when Constant Contact says that the day is spent, in milliseconds since 1970. */
  readonly spentUntil: number | undefined;
}

export interface Budget {
  /**
   * Returns when one call may be made, which must then start at once.
   * @throws {WaitForSlot} @throws {DaySpent}
   */
  reserve(): Promise<void>;
  /** Constant Contact says that the day is spent: nobody calls before `until` (milliseconds since 1970). */
  markDaySpent(until: number): Promise<void>;
  usedToday(): Promise<BudgetUse>;
}

export interface BudgetDeps {
  readonly table: Table;
  readonly clientId: string;
  /** Sets a budget of its own apart, such as the token endpoint's. */
  readonly purpose?: 'api' | 'token';
  readonly clock: Clock;
  readonly log: Log;
  readonly perSecond: number;
  /** Without it only the rate is limited. */
  readonly perDay?: number;
  readonly longestWaitMs?: number;
  /** At least 0 and below 1. */
  readonly random?: () => number;
}

export function makeBudget(deps: BudgetDeps): Budget {
  const {
    table,
    clientId,
    purpose = 'api',
    clock,
    log,
    perSecond,
    perDay = Infinity,
    random = Math.random,
  } = deps;
  const limits = { perSecond, perDay, longestWait: deps.longestWaitMs ?? LONGEST_WAIT_MILLISECONDS };
  const key = createHash('sha256').update(clientId).digest('hex');
  const rowKey = purpose === 'api' ? key : `${key}-${purpose}`;

  /** Callers of one instance take turns, first come first served: only instances race for the row. */
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  };

  /** Changes the row by `rule` against whoever else does. A change that was stored though it seemed lost costs one slot, and nothing more. */
  async function change(rule: (row: BudgetRow) => BudgetRow): Promise<BudgetRow> {
    for (let race = 1; race <= MOST_RACES; race += 1) {
      const stored = await table.get(budgetRow, PARTITION, rowKey);
      const value = rule(stored?.value ?? emptyRow);
      const how = stored ? ({ kind: 'replace', etag: stored.etag } as const) : ({ kind: 'create' } as const);
      if (await table.change(PARTITION, [{ ...how, rowKey, value }])) return value;
      await clock.sleep(random() * Math.min(race * RACE_PAUSE_MILLISECONDS, LONGEST_RACE_PAUSE_MILLISECONDS));
    }
    throw new WaitForSlot(clock.now() + limits.longestWait);
  }

  async function take(lead: number, counted: string | undefined): Promise<{ slot: number; day: string }> {
    let slot = 0;
    const { day } = await change((row) => {
      const now = clock.now();
      const taken = takeSlot(row, now, now + lead, limits, counted);
      if (taken.kind === 'spent') throw new DaySpent(taken.until);
      // Those who wait come back spread out, not all at once.
      if (taken.kind === 'wait')
        throw new WaitForSlot(Math.round(taken.until + random() * limits.longestWait));
      slot = taken.slot;
      return taken.row;
    });
    return { slot, day };
  }

  return {
    async reserve() {
      let lead = 0;
      let counted: string | undefined;
      for (let missed = 0; missed < MOST_MISSED_SLOTS; missed += 1) {
        const { slot, day } = await inTurn(() => take(lead, counted));
        counted = day;
        const wait = slot - clock.now();
        if (wait > 0) await clock.sleep(wait);
        const late = clock.now() - slot;
        if (late <= SLOT_VALID_MILLISECONDS) return;
        log.info('constant-contact.slot-missed', { purpose, late });
        lead = Math.min(Math.max(2 * lead, 2 * late), LONGEST_LEAD_MILLISECONDS);
      }
      throw new WaitForSlot(clock.now() + limits.longestWait);
    },

    async markDaySpent(until) {
      await inTurn(() =>
        change((row) => ({ ...row, spentUntil: Math.max(until, spentUntil(row, clock.now()) ?? 0) })),
      );
      log.warn('constant-contact.day-spent', { purpose, until: new Date(until).toISOString() });
    },

    async usedToday() {
      const row = (await table.get(budgetRow, PARTITION, rowKey))?.value ?? emptyRow;
      const now = clock.now();
      const used = usedOn(row, now);
      return { used, left: Math.max(0, perDay - used), spentUntil: spentUntil(row, now) };
    },
  };
}
