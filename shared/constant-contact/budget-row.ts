// The rule of the request budget: which moment is the next call's. Pure; the row that it reads and changes is shared by all instances.
import { z } from 'zod';
import { DAY_MILLISECONDS, dayOf, startOfDay, startOfNextDay } from './waits';

/** What all instances know together of one API key. Moments are milliseconds since 1970. */
export const budgetRow = z.object({
  /** The UTC day that `used` counts. */
  day: z.string(),
  used: z.int(),
  /** No slot is free before. */
  nextSlot: z.number(),
  /** Constant Contact itself has said that the day is spent. */
  spentUntil: z.number(),
});
export type BudgetRow = z.output<typeof budgetRow>;

export const emptyRow: BudgetRow = { day: '', used: 0, nextSlot: 0, spentUntil: 0 };

/** A slot is valid from its moment for this long; whoever wakes up later reserves another one. */
export const SLOT_VALID_MILLISECONDS = 100;

/** By how much the way of one call to Constant Contact may be longer than another's (a new connection, a busy machine). */
export const TRANSPORT_ROOM_MILLISECONDS = 200;

/**
 * `perSecond` slots take this long. The first of them is used at most `SLOT_VALID` late and travels at most `TRANSPORT_ROOM`
 * longer than the one after the last: so at least 1,000 ms lie between their arrivals, and no second holds more than `perSecond`.
 */
export const WINDOW_MILLISECONDS = 1000 + SLOT_VALID_MILLISECONDS + TRANSPORT_ROOM_MILLISECONDS;

/** From one slot to the next. */
export const slotDistance = (perSecond: number): number => WINDOW_MILLISECONDS / perSecond;

/** Around 00:00 UTC no slot is given, so that Constant Contact counts each call on the day on which we count it. */
const MIDNIGHT_ROOM_MILLISECONDS = 1000;

/** What lies further ahead than any instance may wait was written with a wrong clock. */
const WRONG_CLOCK_MILLISECONDS = 60_000;

export interface BudgetLimits {
  readonly perSecond: number;
  /** `Infinity` when only the rate is limited. */
  readonly perDay: number;
  /** A slot that is further away is not reserved. */
  readonly longestWait: number;
}

export type Taken =
  | { readonly kind: 'slot'; readonly slot: number; readonly row: BudgetRow }
  | { readonly kind: 'wait'; readonly until: number }
  | { readonly kind: 'spent'; readonly until: number };

const awayFromMidnight = (slot: number) => {
  const midnight = startOfDay(slot + MIDNIGHT_ROOM_MILLISECONDS);
  return slot < midnight + MIDNIGHT_ROOM_MILLISECONDS ? midnight + MIDNIGHT_ROOM_MILLISECONDS : slot;
};

export function spentUntil(row: BudgetRow, now: number): number | undefined {
  const plausible = row.spentUntil <= now + DAY_MILLISECONDS + WRONG_CLOCK_MILLISECONDS;
  return now < row.spentUntil && plausible ? row.spentUntil : undefined;
}

/** The calls counted on the day of `now`. */
export const usedOn = (row: BudgetRow, now: number): number => (row.day === dayOf(now) ? row.used : 0);

/**
 * Takes the next slot at or after `earliest`.
 * @param counted the day on which this call is counted already, as its first slot passed unused.
 */
export function takeSlot(
  row: BudgetRow,
  now: number,
  earliest: number,
  limits: BudgetLimits,
  counted?: string,
): Taken {
  const parked = spentUntil(row, now);
  if (parked !== undefined) return { kind: 'spent', until: parked };
  const free = row.nextSlot > now + WRONG_CLOCK_MILLISECONDS ? now : row.nextSlot;
  const slot = awayFromMidnight(Math.max(earliest, free));
  if (slot - now > limits.longestWait) return { kind: 'wait', until: slot };
  const day = dayOf(slot);
  const used = usedOn(row, slot) + (counted === day ? 0 : 1);
  if (used > limits.perDay) return { kind: 'spent', until: startOfNextDay(slot) };
  const nextSlot = slot + slotDistance(limits.perSecond);
  return { kind: 'slot', slot, row: { day, used, nextSlot, spentUntil: row.spentUntil } };
}
