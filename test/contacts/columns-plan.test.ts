import fc from 'fast-check';
import { groupColumns, patternKey, planColumns, type ColumnsPlan } from '../../shared/contacts/columns-plan';
import { mappingSchema, standardFields, type Mapping } from '../../shared/contacts/mapping';

const allFields = [
  ...Object.keys(standardFields),
  ...Array.from({ length: 25 }, (_, index) => `cf:field_${index}`),
];

const mappingOf = (names: readonly string[]): Mapping =>
  mappingSchema.parse({
    email: 'Email',
    fields: Object.fromEntries(names.map((name) => [name, `column of ${name}`])),
  });

const groupsOf = (plan: ColumnsPlan) =>
  plan.groups.map(({ from, to }) => plan.fields.slice(from, to).map(({ name }) => name));

describe('the plan of the columns', () => {
  it('keeps three optional columns together, in the order of the standard fields', () => {
    const plan = planColumns(mappingOf(['cf:tier', 'last_name', 'first_name']));
    expect(plan.everyPatternApart).toBe(true);
    expect(groupsOf(plan)).toEqual([['first_name', 'last_name', 'cf:tier']]);
    expect(plan.fields.map(({ column, maxLength }) => [column, maxLength])).toEqual([
      ['column of first_name', 50],
      ['column of last_name', 50],
      ['column of cf:tier', 255],
    ]);
  });

  it('knows which fields are dates, and takes custom fields for text', () => {
    const plan = planColumns(mappingOf([...Object.keys(standardFields), 'cf:since']));
    const special = plan.fields.filter(({ kind }) => kind !== 'text').map(({ name, kind }) => [name, kind]);
    expect(special).toEqual([
      ['birthday_day', 'birthday'],
      ['birthday_month', 'birthday'],
      ['anniversary', 'date'],
    ]);
  });

  it('does without optional columns', () => {
    expect(planColumns(mappingOf([]))).toMatchObject({
      fields: [],
      groups: [{ from: 0, to: 0 }],
      everyPatternApart: true,
    });
  });

  it('puts twelve optional columns into four groups of three, with the postal address side by side', () => {
    const names = [
      'first_name',
      'last_name',
      'phone',
      'street',
      'city',
      'state',
      'zip',
      'country',
      'birthday_day',
      'birthday_month',
    ];
    expect(groupsOf(planColumns(mappingOf([...names, 'cf:b', 'cf:a'])))).toEqual([
      ['birthday_day', 'birthday_month', 'first_name'],
      ['street', 'city', 'state'],
      ['zip', 'country', 'last_name'],
      ['phone', 'cf:a', 'cf:b'],
    ]);
  });

  it('has every field once, in at most four balanced groups, with the birthday in one of them, whatever is mapped', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.constantFrom(...allFields)), (names) => {
        const plan = planColumns(mappingOf(names));
        const groups = groupsOf(plan);
        expect(groups.flat().sort()).toEqual([...names].sort());
        expect(plan.fields.map(({ name }) => name)).toEqual(groups.flat());
        expect(groups.length).toBeLessThanOrEqual(4);
        const sizes = groups.map(({ length }) => length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        expect(plan.everyPatternApart).toBe(names.length <= 3);
        const ofBirthday = names.filter((name) => name.startsWith('birthday_'));
        expect(groups.flat().slice(0, ofBirthday.length).sort()).toEqual(ofBirthday.sort());
        expect(groups[0]).toEqual(expect.arrayContaining(ofBirthday));
        expect(planColumns(mappingOf([...names].reverse()))).toEqual(plan);
      }),
    );
  });

  it('names the filled columns of a group by their bits', () => {
    const plan = planColumns(mappingOf(['first_name', 'last_name', 'cf:tier']));
    expect(groupColumns(plan, plan.groups[0]!, 0b101)).toEqual(['first_name', 'cf:tier']);
    expect(groupColumns(plan, plan.groups[0]!, 0)).toEqual([]);
  });

  it('gives every pattern of filled columns a key of its own', () => {
    const masks = fc.array(fc.integer({ min: 0, max: 1023 }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(masks, masks, (one, other) => {
        const same = one.every((mask, index) => mask === other[index]);
        expect(patternKey(Int32Array.from(one)) === patternKey(Int32Array.from(other))).toBe(same);
      }),
    );
    expect(patternKey(new Int32Array(4))).toBe(0);
    expect(Number.isSafeInteger(patternKey(new Int32Array(4).fill(1023)))).toBe(true);
  });
});
