// Tells operators how old a segment's data is, and how often it usually changes: whoever watches them sees that a delivery stays out.
import type { Clock } from '../platform/clock';
import type { Log } from '../platform/log';
import type { SeenSegment } from './settling';
import { usualSeconds } from './usual-interval';

/** Data changes a few times a day at most, so more often would only cost storage. */
const PAUSE_MILLISECONDS = 3_600_000;

/** For every look at a segment: each is told of once an hour. */
export type ReportSegment = (seen: SeenSegment) => void;

export function makeReportSegment(deps: { readonly clock: Clock; readonly log: Log }): ReportSegment {
  const { clock, log } = deps;
  const reportedAt = new Map<string, number>();

  return ({ name, since, changes }) => {
    const now = clock.now();
    if (now - (reportedAt.get(name) ?? -Infinity) < PAUSE_MILLISECONDS) return;
    reportedAt.set(name, now);
    log.info('segment.checked', {
      segment: name,
      ageSeconds: Math.max(0, Math.round((now - Date.parse(since)) / 1000)),
      usualSeconds: usualSeconds(changes),
    });
  };
}
