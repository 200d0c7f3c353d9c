// What counts as a date, and what of it is sent.
import fc from 'fast-check';
import { isDate, isDay, readBirthdayPart, readDate, whyLeftOut } from '../../shared/contacts/dates';

describe('a date', () => {
  it.each([
    '1971-09-29T00:00:00.000Z',
    '1971-09-29T23:59:59.9999999Z',
    '1971-09-29T00:00:00Z',
    '1971-09-29t00:00:00z',
    '1971-09-29T00:00',
    '1971-09-29T00',
    '1971-09-29 00:00:00.000',
    '1971-09-29 00:00:00.0000000 +02:00',
    '1971-09-29T23:00:00-11:00',
    '1971-09-29T00:30:00,5+1400',
    '1971-09-29T00:00:00+05',
  ])('of the timestamp %s is the one that is written in it, whatever the time zone', (text) => {
    expect(readDate(text)).toBe('1971-09-29');
  });

  it.each([
    '09/29/1971',
    '09/02/1971',
    '9/29/1971',
    '9/2/1971',
    '12/31/1999',
    '1971/09/29',
    '1971/9/2',
    '1971-09-29',
    '1971-9-2',
    '1971-12-31',
    '9-2-1971',
    '9-02-1971',
    '12-31-1971',
    '2/29/2000',
    '2024-02-29',
  ])('stays as it is in a form that Constant Contact documents: %s', (text) => {
    expect(readDate(text)).toBe(text);
  });

  it.each([
    ['day first', '29/09/1971'],
    ['day first', '29-9-1971'],
    ['of an undocumented form', '09-29-1971'],
    ['of an undocumented form', '09/2/1971'],
    ['of an undocumented form', '9/02/1971'],
    ['of an undocumented form', '1971/09/2'],
    ['of an undocumented form', '1971.09.29'],
    ['of an undocumented form', '19710929'],
    ['of an undocumented form', '9/29/71'],
    ['with another separator in it', '1971-09/29'],
    ['with words', '29 September 1971'],
    ['with something behind it', '1971-09-29 or so'],
    ['with something behind it', '1971-09-29Tomorrow'],
    ['with something behind it', '9/29/1971 12:00:00 AM'],
    ['with something before it', 'since 1971-09-29'],
    ['with two lines of it', '1971-09-29\n1971-09-29'],
    ['in other digits', '１９７１-０９-２９'],
    ['of a day that is not there', '1971-02-29'],
    ['of a day that is not there', '1900-02-29T00:00:00.000Z'],
    ['of a day that is not there', '2/30/2000'],
    ['of a day that is not there', '1971-04-31'],
    ['of a day that is not there', '1971-00-10'],
    ['of a day that is not there', '1971-13-10'],
    ['of a day that is not there', '1971-10-00'],
    ['of a year that is not there', '0000-01-01'],
    ['blank', ''],
    ['a number', '17'],
    ['null', 'NULL'],
  ])('is none %s: %j', (_why, text) => {
    expect(readDate(text)).toBeUndefined();
  });

  it('is one exactly if the calendar has it', () => {
    for (let day = Date.UTC(1895, 0, 1); day < Date.UTC(2010, 0, 1); day += 86_400_000) {
      const text = new Date(day).toISOString();
      if (readDate(text) !== text.slice(0, 10)) throw new Error(text);
    }
    const parts = fc.tuple(fc.integer({ min: 1, max: 9999 }), fc.nat({ max: 14 }), fc.nat({ max: 33 }));
    fc.assert(
      fc.property(parts, ([year, month, day]) => {
        const date = new Date(Date.UTC(2000, month - 1, day));
        date.setUTCFullYear(year, month - 1, day);
        expect(isDate(year, month, day)).toBe(date.getUTCMonth() === month - 1 && date.getUTCDate() === day);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a part of the birthday', () => {
  it.each([
    ['17', 17],
    ['7', 7],
    ['07', 7],
    ['0007', 7],
    ['17.0', 17],
    ['9.000', 9],
    ['0', 0],
    ['99', 99],
  ])('is a whole number, also as files write it: %s', (text, number) => {
    expect([readBirthdayPart(text, 'day'), readBirthdayPart(text, 'month')]).toEqual([number, number]);
  });

  it.each(['1971-09-29', '1971-09-29T00:00:00.000Z', '1971-09-29 23:00:00 -11:00'])(
    'is the day or the month of %s',
    (text) => {
      expect([readBirthdayPart(text, 'day'), readBirthdayPart(text, 'month')]).toEqual([29, 9]);
    },
  );

  it.each([
    '',
    '17.5',
    '17,0',
    '17.',
    '.0',
    '-7',
    '+7',
    '1e1',
    '100',
    'September',
    '17th',
    '1971-02-29',
    '9/29/1971',
  ])('is nothing else: %j', (text) => {
    expect([readBirthdayPart(text, 'day'), readBirthdayPart(text, 'month')]).toEqual([NaN, NaN]);
  });

  it('makes a birthday only with the other one', () => {
    const days = Array.from({ length: 14 }, (_, month) =>
      Array.from({ length: 33 }, (__, day) => day).filter((day) => isDay(month, day)),
    );
    expect(days.map(({ length }) => length)).toEqual([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 0]);
    expect(days.every((some) => some.length === 0 || some[0] === 1)).toBe(true);
    expect([isDay(NaN, 1), isDay(1, NaN)]).toEqual([false, false]);
  });
});

it('is left out for a reason that people can act on', () => {
  expect(whyLeftOut('anniversary')).toContain('1971-09-29');
  expect(whyLeftOut('birthday_day')).toContain('together');
  expect(whyLeftOut('birthday_month')).toBe(whyLeftOut('birthday_day'));
});
