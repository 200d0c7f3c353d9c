// A log that keeps its events, and can be searched as the text that it would have been.
import type { Dimensions, Level, Log } from '../../../shared/platform/log';

export interface Logged {
  readonly level: Level;
  readonly event: string;
  readonly dimensions: Dimensions;
}

export function makeRecordingLog() {
  const events: Logged[] = [];
  const at =
    (level: Level) =>
    (event: string, dimensions: Dimensions = {}) =>
      void events.push({ level, event, dimensions });
  const log: Log = { info: at('info'), warn: at('warn'), error: at('error') };
  return { log, events, text: () => JSON.stringify(events) };
}
