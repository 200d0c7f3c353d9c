import { makeOwnFiles } from '../../shared/contacts/own-files';

const count = (rule: ReturnType<typeof makeOwnFiles>, pattern: number, times: number) => {
  for (let index = 0; index < times; index++) rule.count(pattern);
};

describe('files of its own', () => {
  it('gets a pattern with 1,000 contacts that are 5 % of all so far', () => {
    const rule = makeOwnFiles();
    count(rule, 7, 999);
    expect(rule.has(7)).toBe(false);
    count(rule, 7, 1);
    expect(rule.has(7)).toBe(true);
  });

  it('gets no pattern that is too small a part of all', () => {
    const rule = makeOwnFiles();
    count(rule, 0, 30_000);
    count(rule, 7, 1_500);
    expect(rule.has(7)).toBe(false);
    count(rule, 7, 200);
    expect(rule.has(7)).toBe(true);
  });

  it('keeps a pattern once it has got them', () => {
    const rule = makeOwnFiles();
    count(rule, 7, 1_000);
    expect(rule.has(7)).toBe(true);
    count(rule, 0, 1_000_000);
    expect(rule.has(7)).toBe(true);
  });

  it('never gets the pattern of contacts with an address alone', () => {
    const rule = makeOwnFiles();
    count(rule, 0, 10_000);
    rule.admitFew();
    expect(rule.has(0)).toBe(false);
  });

  it('get at most sixteen patterns', () => {
    const rule = makeOwnFiles();
    const patterns = Array.from({ length: 17 }, (_, index) => index + 1);
    for (const pattern of patterns) count(rule, pattern, 1_000);
    expect(patterns.filter((pattern) => rule.has(pattern))).toEqual(patterns.slice(0, 16));
  });

  it('get all patterns when there are few so far, and none more when there are many', () => {
    const few = makeOwnFiles();
    for (let pattern = 1; pattern <= 16; pattern++) count(few, pattern, 1);
    few.admitFew();
    expect(few.has(1) && few.has(16)).toBe(true);
    const many = makeOwnFiles();
    for (let pattern = 1; pattern <= 17; pattern++) count(many, pattern, 1);
    many.admitFew();
    expect(many.has(1)).toBe(false);
  });

  it('get a frequent pattern also among more rare ones than are counted', () => {
    const rule = makeOwnFiles();
    for (let index = 0; index < 200_000; index++) rule.count(index % 10 === 0 ? 7 : 1_000 + index);
    expect(rule.has(7)).toBe(true);
    expect(rule.has(1_001)).toBe(false);
  });
});
