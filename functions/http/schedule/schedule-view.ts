// The deployment's refresh schedule as the HTTP API shows it.
import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { refreshScheduleSchema } from '../../../shared/schedule/schedule';
import type { StoredRefresh } from '../../../shared/schedule/refresh-schedule';
import { nextDue } from '../../../shared/schedule/times';
import type { Clock } from '../../../shared/platform/clock';
import { etagOf } from '../etag';
import type { Answer } from '../route';

const scheduleViewSchema = z.strictObject({
  schedule: refreshScheduleSchema,
  /** When the next refresh is; `null` unless it is at times. */
  nextRefresh: z.iso.datetime().nullable(),
  /** `null` as long as it is the default. */
  changedAt: z.iso.datetime().nullable(),
  changedBy: z.string().nullable(),
});

export const scheduleAnswer = {
  description: 'The refresh schedule.',
  body: scheduleViewSchema,
  headers: { ETag: 'The version, for `If-Match`.' },
} satisfies Answer;

export function answerSchedule(
  { clock }: { readonly clock: Clock },
  stored: StoredRefresh,
): HttpResponseInit {
  const { schedule, changedAt, changedBy } = stored.value;
  const next = schedule.kind === 'times' ? nextDue(schedule, clock.now()) : undefined;
  const nextRefresh = next === undefined ? null : new Date(next).toISOString();
  return {
    headers: { etag: etagOf(stored), 'cache-control': 'no-store' },
    jsonBody: { schedule, nextRefresh, changedAt, changedBy: changedBy?.name ?? null } satisfies z.output<
      typeof scheduleViewSchema
    >,
  };
}
