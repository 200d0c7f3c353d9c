// What the bench takes from the host's log: how long a preparation takes, and the proof that several were under way at once.
import { makeLog } from '../emulators/functions-host/log-lines';
import { makePreparations, NotAtOnce } from './preparations';

/** Each one's begin and end, in milliseconds. */
function hear(...spans: readonly (readonly [number, number])[]) {
  const preparations = makePreparations();
  let now = 0;
  const log = makeLog(
    () => new Date(now).toISOString(),
    (text) => preparations.hear(text.trimEnd()),
  );
  const steps = spans.flatMap(([from, to], index) => {
    const speaker = { functionName: 'prepareBatches', invocationId: String(index) };
    return [
      { at: from, tell: () => log('information', 'executing', speaker) },
      { at: to, tell: () => log('information', `executed in ${to - from} ms`, speaker) },
    ];
  });
  for (const { at, tell } of steps.sort((one, other) => one.at - other.at)) {
    now = at;
    tell();
    log('information', 'executing', { functionName: 'openRun', invocationId: '0' });
    log('information', `prepareBatches(${at}): executing`);
  }
  return preparations;
}

test('the longest preparation counts, and nothing when there was none', () => {
  expect(hear([0, 1500], [100, 1700]).longestSeconds()).toBe(1.6);
  expect(hear().longestSeconds()).toBeUndefined();
});

test('those that are all under way for a while are at once for just that while', () => {
  const preparations = hear([0, 1000], [200, 900], [400, 1500]);
  expect(preparations.secondsAtOnce(3)).toBe(0.5);
  expect(preparations.secondsAtOnce(2)).toBe(0.8);
});

test('those of which no moment has all are not at once, though each overlaps with another', () => {
  const preparations = hear([0, 500], [400, 1000], [500, 1500]);
  expect(() => preparations.secondsAtOnce(3)).toThrow(new NotAtOnce(3, 2));
  expect(() => hear().secondsAtOnce(1)).toThrow(new NotAtOnce(1, 0));
});
