// When times of day come round, as moments. Every local day of the zone has each of its times exactly once, whatever its clocks do.
import { IANAZone } from 'luxon';
import { weekdays, type Times } from './schedule';

const minute = 60_000;
const day = 86_400_000;
/** 1970-01-01, day 0, was a Thursday. */
const weekdayOfDay0 = weekdays.indexOf('thursday');

const offsetAt = (zone: IANAZone, at: number) => Math.round(zone.offset(at) * minute);

/** Offsets at the starts of days in UTC: asking for one takes long, and each tick asks for the same ones. */
const remembered = new Map<string, number>();
const mostRemembered = 5_000;

function offsetOn(zone: IANAZone, dayNumber: number): number {
  const key = `${zone.name} ${dayNumber}`;
  const known = remembered.get(key);
  if (known !== undefined) return known;
  if (remembered.size >= mostRemembered) remembered.clear();
  const offset = offsetAt(zone, dayNumber * day);
  remembered.set(key, offset);
  return offset;
}

/** What the clocks of the zone show, as if they were in UTC. */
const shownAt = (zone: IANAZone, at: number) => at + offsetAt(zone, at);

/**
 * The moment at which the clocks show `wall`: the first one where they show it twice, and the one right after the gap where they
 * never do. Later walls never come earlier.
 * @param offsets those around it, which are the same but on the days on which clocks are changed.
 */
function momentOf(zone: IANAZone, wall: number, offsets: readonly [number, number]): number {
  const early = wall - Math.max(...offsets);
  const late = wall - Math.min(...offsets);
  if (early === late) return early;
  const found = [early, late].find((at) => shownAt(zone, at) === wall);
  if (found !== undefined) return found;
  let before = early;
  let after = late;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (shownAt(zone, middle) < wall) before = middle;
    else after = middle;
  }
  return after;
}

/** In order; two times that fall into one gap come as one moment. */
function* moments({ times, days, timeZone }: Times, from: number, to: number): Generator<number> {
  const zone = IANAZone.create(timeZone);
  const walls = times
    .map((time) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3)))
    .sort((a, b) => a - b);
  let last = from;
  // Clocks are less than a day from UTC, a gap moves times to later days, and clocks can go back over midnight.
  const lastDay = Math.floor(to / day) + 2;
  for (let number = Math.floor(from / day) - 2; number <= lastDay; number++) {
    const weekday = weekdays[(number + weekdayOfDay0) % weekdays.length];
    if (days && !(weekday && days.includes(weekday))) continue;
    // No offset is a day, and no zone changes its clocks twice within three days.
    const offsets = [offsetOn(zone, number - 1), offsetOn(zone, number + 2)] as const;
    for (const wall of walls) {
      const at = momentOf(zone, number * day + wall * minute, offsets);
      if (at > to) return;
      if (at > last) yield (last = at);
    }
  }
}

/** The first due moment after `from` up to and including `to`, all in milliseconds since 1970. Costs a week's days at most. */
export function firstDue(times: Times, from: number, to: number): number | undefined {
  for (const at of moments(times, from, to)) return at;
  return undefined;
}

/** A day of the week comes round within eight days, also where a gap moves it. */
const longestWait = 9 * day;

/** The first due moment after `after`. */
export const nextDue = (times: Times, after: number): number | undefined =>
  firstDue(times, after, after + longestWait);
