// NCRONTAB, the form in which the Functions host takes the times of a timer: six fields, seconds first.

const months = 'jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec'.split('|');
const days = 'sun|mon|tue|wed|thu|fri|sat'.split('|');
/** The fields of an NCRONTAB expression: least and largest number of each, and the words that stand for numbers. */
const cronFields: readonly {
  readonly from: number;
  readonly to: number;
  readonly words?: readonly string[];
}[] = [
  { from: 0, to: 59 },
  { from: 0, to: 59 },
  { from: 0, to: 23 },
  { from: 1, to: 31 },
  { from: 1, to: 12, words: months },
  { from: 0, to: 6, words: days },
];

export function isCron(text: string): boolean {
  const fields = text.trim().split(/\s+/);
  return (
    fields.length === cronFields.length &&
    cronFields.every(({ from: least, to: most, words = [] }, index) => {
      const isValue = (value: string) =>
        /^\d+$/.test(value)
          ? Number(value) >= least && Number(value) <= most
          : words.some((word) => value.toLowerCase().startsWith(word));
      return (fields[index] ?? '').split(',').every((part) => {
        const [range = '', step, ...more] = part.split('/');
        const isStep = step === undefined || (/^\d+$/.test(step) && Number(step) > 0);
        const [from = '', to, ...others] = range.split('-');
        const isRange = range === '*' || (isValue(from) && (to === undefined || isValue(to)));
        return isStep && isRange && more.length === 0 && others.length === 0;
      });
    })
  );
}
