// NCRONTAB with six fields (second minute hour day month weekday), in UTC: `*`, numbers, lists, ranges, steps, English names.

const fields = [
  { name: 'second', from: 0, to: 59 },
  { name: 'minute', from: 0, to: 59 },
  { name: 'hour', from: 0, to: 23 },
  { name: 'day', from: 1, to: 31 },
  { name: 'month', from: 1, to: 12 },
  { name: 'weekday', from: 0, to: 6 },
] as const;
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

type Field = (typeof fields)[number];

const numberOf = (text: string, field: Field, whole: string): number => {
  const names = field.name === 'month' ? months : field.name === 'weekday' ? weekdays : [];
  const named = names.indexOf(text.slice(0, 3).toLowerCase());
  // Sunday is 0 and 7.
  const value = named >= 0 ? named + field.from : field.name === 'weekday' && text === '7' ? 0 : Number(text);
  if (!/^\w+$/.test(text) || !Number.isInteger(value) || value < field.from || value > field.to)
    throw new Error(`"${whole}" is no schedule: "${text}" is no ${field.name}`);
  return value;
};

function valuesOf(text: string, field: Field, whole: string): ReadonlySet<number> {
  const values = new Set<number>();
  for (const part of text.split(',')) {
    const [range = '', stepText] = part.split('/');
    const step = stepText === undefined ? 1 : Number(stepText);
    if (!Number.isInteger(step) || step < 1)
      throw new Error(`"${whole}" is no schedule: step "${stepText ?? ''}"`);
    let [from, to]: [number, number] = [field.from, field.to];
    if (range !== '*') {
      const [first = '', last] = range.split('-');
      from = numberOf(first, field, whole);
      to = last !== undefined ? numberOf(last, field, whole) : stepText === undefined ? from : field.to;
      if (to < from) throw new Error(`"${whole}" is no schedule: ${range} runs backwards`);
    }
    for (let value = from; value <= to; value += step) values.add(value);
  }
  return values;
}

export interface Schedule {
  /** The first time after `ms`, in milliseconds since 1970. */
  next(ms: number): number;
}

/** @throws when the text is no schedule, or names a day that never comes */
export function parseSchedule(text: string): Schedule {
  const parts = text.trim().split(/\s+/);
  // Without seconds it is every minute's first.
  const six = parts.length === 5 ? ['0', ...parts] : parts;
  if (six.length !== 6) throw new Error(`"${text}" is no schedule: six fields are needed`);
  const [seconds, minutes, hours, days, monthsOf, weekdaysOf] = fields.map((field, index) =>
    valuesOf(six[index] ?? '', field, text),
  ) as [Set<number>, Set<number>, Set<number>, Set<number>, Set<number>, Set<number>];

  const next = (ms: number): number => {
    const time = new Date(Math.floor(ms / 1000) * 1000 + 1000);
    const limit = time.getTime() + 9 * 366 * 24 * 3_600_000;
    while (time.getTime() < limit) {
      if (
        !monthsOf.has(time.getUTCMonth() + 1) ||
        !days.has(time.getUTCDate()) ||
        !weekdaysOf.has(time.getUTCDay())
      )
        time.setUTCHours(24, 0, 0, 0);
      else if (!hours.has(time.getUTCHours())) time.setUTCHours(time.getUTCHours() + 1, 0, 0, 0);
      else if (!minutes.has(time.getUTCMinutes())) time.setUTCMinutes(time.getUTCMinutes() + 1, 0, 0);
      else if (!seconds.has(time.getUTCSeconds())) time.setUTCSeconds(time.getUTCSeconds() + 1);
      else return time.getTime();
    }
    throw new Error(`"${text}" never comes`);
  };
  next(0);
  return { next };
}
