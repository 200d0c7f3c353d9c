// What every activity has in common: its input and result are checked, it logs within its invocation, and what it throws is short
// and safe, as the host writes it into the history.
import type { ActivityHandler } from 'durable-functions';
import { z } from 'zod';
import { codeOf } from '../../shared/platform/error-code';
import type { Dimensions } from '../../shared/platform/log';
import { exportIdOf } from '../../shared/runs/run';
import type { Deps } from '../composition';
import { within } from '../invocation';

export interface Activity {
  readonly name: string;
  readonly handler: ActivityHandler;
}

/** An activity failed; its cause is in the log. */
export class ActivityFailed extends Error {
  readonly code = 'activity-failed';
}

export function activity<I, O>(
  name: string,
  input: z.ZodType<I>,
  result: z.ZodType<O>,
  { ready, clock, log }: Pick<Deps, 'ready' | 'clock' | 'log'>,
  work: (input: I) => Promise<O>,
): Activity {
  return {
    name,
    handler: (raw: unknown, context) =>
      within(context, async () => {
        const started = clock.now();
        const dimensions = { activity: name, ...dimensionsOf(raw) };
        try {
          await ready();
          const done = result.parse(await work(input.parse(raw)));
          const now = clock.now();
          log.info('activity.ended', { ...dimensions, ...outcomeOf(done, now), milliseconds: now - started });
          return done;
        } catch (error) {
          const code = codeOf(error);
          log.error('activity.failed', { ...dimensions, code, milliseconds: clock.now() - started });
          throw new ActivityFailed(`${name}: ${code}`);
        }
      }),
  };
}

const known = z.object({ runId: z.string(), batch: z.int().optional(), attempt: z.int().optional() });

/** What the work was about, also when the rest of the input is not what it should be. */
function dimensionsOf(raw: unknown): Dimensions {
  const { success, data } = known.safeParse(raw);
  if (!success) return {};
  return { run: data.runId, export: exportIdOf(data.runId), batch: data.batch, attempt: data.attempt };
}

const later = z.object({ kind: z.literal('later'), until: z.number(), why: z.string() });
const anyKind = z.object({ kind: z.string() });

/** How it ended; of work that is put off also why, until when, and how many seconds that is. */
function outcomeOf(result: unknown, now: number): Dimensions {
  const { data: put } = later.safeParse(result);
  if (!put) return { outcome: anyKind.safeParse(result).data?.kind ?? 'done' };
  const seconds = Math.max(0, Math.round((put.until - now) / 1000));
  return { outcome: put.kind, reason: put.why, until: new Date(put.until).toISOString(), seconds };
}
