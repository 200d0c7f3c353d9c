// Times of day as moments, in every zone: a second way to find them is looking at the zone's clocks minute by minute.
import fc from 'fast-check';
import type { Times } from '../../shared/schedule/schedule';
import { weekdays } from '../../shared/schedule/schedule';
import { firstDue, nextDue } from '../../shared/schedule/times';

const at = (moment: string) => Date.parse(moment);

/** All that are due after one moment, up to and including another. */
function dueTimes(times: Times, from: number, to: number): number[] {
  const found: number[] = [];
  for (let next = firstDue(times, from, to); next !== undefined; next = firstDue(times, next, to))
    found.push(next);
  return found;
}

const due = (times: Times, from: string, to: string) =>
  dueTimes(times, at(from), at(to)).map((found) => new Date(found).toISOString());
const daily = (timeZone: string, ...times: string[]): Times => ({ times, days: null, timeZone });

describe('daily times', () => {
  test('come round each day, in the order of the clock', () => {
    expect(due(daily('UTC', '18:00', '06:30'), '2026-03-01T06:30:00Z', '2026-03-02T18:00:00Z')).toEqual([
      '2026-03-01T18:00:00.000Z',
      '2026-03-02T06:30:00.000Z',
      '2026-03-02T18:00:00.000Z',
    ]);
  });

  test.each([
    ['the start is left out and the end is not', '2026-03-01T06:30:00Z', '2026-03-02T06:30:00Z', 1],
    ['a moment before', '2026-03-01T06:29:59.999Z', '2026-03-01T06:30:00Z', 1],
    ['nothing in between', '2026-03-01T06:30:00Z', '2026-03-02T06:29:59.999Z', 0],
    ['no time at all', '2026-03-01T06:30:00Z', '2026-03-01T06:30:00Z', 0],
    ['an end before the start', '2026-03-01T06:30:00Z', '2026-02-01T06:30:00Z', 0],
  ])('between two moments: %s', (_name, from, to, count) => {
    expect(due(daily('UTC', '06:30'), from, to)).toHaveLength(count);
  });
});

test('times on days of the week come round on these only, by the calendar of the zone', () => {
  // Friday in Auckland is Thursday in UTC.
  const times: Times = { times: ['08:00'], days: ['monday', 'friday'], timeZone: 'Pacific/Auckland' };
  expect(due(times, '2026-01-04T00:00:00Z', '2026-01-12T00:00:00Z')).toEqual([
    '2026-01-04T19:00:00.000Z',
    '2026-01-08T19:00:00.000Z',
    '2026-01-11T19:00:00.000Z',
  ]);
});

describe('when clocks are changed', () => {
  test('a time that does not exist comes at the moment after the gap', () => {
    // Vienna, 29 March 2026: 02:00 becomes 03:00 at 01:00 UTC.
    expect(due(daily('Europe/Vienna', '02:30'), '2026-03-28T12:00:00Z', '2026-03-30T12:00:00Z')).toEqual([
      '2026-03-29T01:00:00.000Z',
      '2026-03-30T00:30:00.000Z',
    ]);
  });

  test('two times in one gap come as one moment, as does the first one after it', () => {
    const times = daily('Europe/Vienna', '02:00', '02:59', '03:00', '03:01');
    expect(due(times, '2026-03-28T12:00:00Z', '2026-03-29T12:00:00Z')).toEqual([
      '2026-03-29T01:00:00.000Z',
      '2026-03-29T01:01:00.000Z',
    ]);
  });

  test('a time that comes twice counts once, the first time', () => {
    // Vienna, 25 October 2026: 03:00 becomes 02:00 at 01:00 UTC.
    expect(due(daily('Europe/Vienna', '02:30'), '2026-10-24T12:00:00Z', '2026-10-26T12:00:00Z')).toEqual([
      '2026-10-25T00:30:00.000Z',
      '2026-10-26T01:30:00.000Z',
    ]);
  });

  test('at midnight, by half an hour, or by a whole day, the rule is the same', () => {
    // Havana, 8 March 2026: 00:00 becomes 01:00. Lord Howe, 5 April 2026: 02:00 becomes 01:30. Apia had no 30 December 2011.
    expect(due(daily('America/Havana', '00:00'), '2026-03-08T00:00:00Z', '2026-03-08T20:00:00Z')).toEqual([
      '2026-03-08T05:00:00.000Z',
    ]);
    expect(
      due(daily('Australia/Lord_Howe', '01:45'), '2026-04-04T00:00:00Z', '2026-04-05T12:00:00Z'),
    ).toEqual(['2026-04-04T14:45:00.000Z']);
    expect(due(daily('Pacific/Apia', '09:00'), '2011-12-29T12:00:00Z', '2011-12-31T12:00:00Z')).toEqual([
      '2011-12-29T19:00:00.000Z',
      '2011-12-30T10:00:00.000Z',
      '2011-12-30T19:00:00.000Z',
    ]);
  });
});

test('the next time is the first one after a moment, up to a week away', () => {
  const weekly: Times = { times: ['12:00'], days: ['sunday'], timeZone: 'UTC' };
  expect(nextDue(weekly, at('2026-03-01T12:00:00Z'))).toBe(at('2026-03-08T12:00:00Z'));
  expect(nextDue(weekly, at('2026-03-08T11:59:00Z'))).toBe(at('2026-03-08T12:00:00Z'));
});

const minute = 60_000;
const hour = 60 * minute;

/** Zones with rules of every kind: none, by an hour, by half an hour, at midnight, in the south, around Ramadan, far from UTC. */
const zones = [
  'UTC',
  'Europe/Vienna',
  'Europe/Dublin',
  'America/New_York',
  'America/St_Johns',
  'America/Havana',
  'America/Santiago',
  'America/Asuncion',
  'Africa/Casablanca',
  'Africa/Cairo',
  'Asia/Kathmandu',
  'Asia/Beirut',
  'Australia/Lord_Howe',
  'Pacific/Chatham',
  'Pacific/Kiritimati',
  'Pacific/Pago_Pago',
];

/** What the clocks of a zone show, as text that sorts: `2026-03-29 02:30`. */
function clockOf(timeZone: string) {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  return (moment: number) => format.format(moment);
}

/**
 * Walks through a span minute by minute. A time is due when the clocks reach it: when they show it, or something later, for the
 * first time.
 */
function walked({ times, days, timeZone }: Times, from: number, to: number): number[] {
  const shown = clockOf(timeZone);
  const dates = new Set<string>();
  for (let moment = from - 48 * hour; moment <= to + 48 * hour; moment += hour)
    dates.add(shown(moment).slice(0, 10));
  const waiting = [...dates]
    .filter((date) => !days || days.includes(weekdays[(new Date(`${date}T00:00Z`).getUTCDay() + 6) % 7]!))
    .flatMap((date) => times.map((time) => `${date} ${time}`))
    .sort();
  const found: number[] = [];
  for (let moment = from - 30 * hour; moment <= to; moment += minute) {
    const now = shown(moment);
    while (waiting.length > 0 && waiting[0]! <= now) {
      waiting.shift();
      if (moment > from && found.at(-1) !== moment) found.push(moment);
    }
  }
  return found;
}

const time = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
  .map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':'));
/** Times at which clocks are changed come up often. */
const changing = fc.constantFrom(
  '00:00',
  '00:30',
  '01:00',
  '01:30',
  '01:59',
  '02:00',
  '02:30',
  '02:45',
  '03:00',
);
const anyTimes = fc.record<Times>({
  times: fc.uniqueArray(fc.oneof(time, changing), { minLength: 1, maxLength: 4 }),
  days: fc.option(fc.uniqueArray(fc.constantFrom(...weekdays), { minLength: 1 })),
  timeZone: fc.constantFrom(...zones),
});

/** The moments of 2026 at which the clocks of a zone are changed. */
const changes = new Map(
  zones.map((zone): [string, number[]] => {
    const shown = clockOf(zone);
    const offset = (moment: number) => Date.parse(`${shown(moment).replace(' ', 'T')}Z`) - moment;
    const found: number[] = [];
    for (let moment = at('2026-01-01T00:00:00Z'); moment < at('2027-01-01T00:00:00Z'); moment += hour)
      if (offset(moment) !== offset(moment - hour)) found.push(moment);
    return [zone, found];
  }),
);

test('in any zone, each local day has each of its times once: what looking at the clock minute by minute finds', () => {
  const span = fc.record({
    times: anyTimes,
    pick: fc.nat(),
    before: fc.integer({ min: 0, max: 40 * 60 }),
    length: fc.integer({ min: 0, max: 60 * 60 }),
  });
  fc.assert(
    fc.property(span, ({ times, pick, before, length }) => {
      const around = [...changes.get(times.timeZone)!, at('2026-06-15T07:00:00Z')];
      const from = around[pick % around.length]! - before * minute;
      const to = from + length * minute;
      const expected = walked(times, from, to);
      expect(dueTimes(times, from, to)).toEqual(expected);
      expect(firstDue(times, from, to)).toBe(expected[0]);
    }),
    { numRuns: 150 },
  );
});

test('a span that is cut anywhere has the same times as its parts', () => {
  fc.assert(
    fc.property(
      anyTimes,
      fc.array(fc.integer({ min: 0, max: 300 * 24 * 60 }), { minLength: 2, maxLength: 8 }),
      (times, cuts) => {
        const moments = cuts.sort((a, b) => a - b).map((cut) => at('2026-01-31T00:00:00Z') + cut * minute);
        const parts = moments.slice(1).flatMap((to, index) => dueTimes(times, moments[index]!, to));
        expect(parts).toEqual(dueTimes(times, moments[0]!, moments.at(-1)!));
      },
    ),
    { numRuns: 60 },
  );
});
