// What every activity has in common: its input and result are checked, it logs within its invocation, and what it throws is short
// and safe, as the host writes it into the history.
import type { ActivityHandler } from 'durable-functions';
import type { z } from 'zod';
import { codeOf } from '../../shared/platform/error-code';
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
  { ready, log }: Pick<Deps, 'ready' | 'log'>,
  work: (input: I) => Promise<O>,
): Activity {
  return {
    name,
    handler: (raw: unknown, context) =>
      within(context, async () => {
        try {
          await ready();
          return result.parse(await work(input.parse(raw)));
        } catch (error) {
          const code = codeOf(error);
          log.error('activity.failed', { activity: name, code });
          throw new ActivityFailed(`${name}: ${code}`);
        }
      }),
  };
}
