// Structured events: one line of JSON each, with a stable dotted name. They carry ids and counts, never a contact's data.

/** Ids, counts and outcomes. Never an address, a name or a token. */
export type Dimensions = Readonly<Record<string, string | number | boolean | undefined>>;

export type Level = 'info' | 'warn' | 'error';

export interface Log {
  /** Something an operator may want to count or follow. `event` is a stable dotted name, such as `run.started`. */
  info(event: string, dimensions?: Dimensions): void;
  /** Something went wrong and the app goes on. */
  warn(event: string, dimensions?: Dimensions): void;
  /** Something went wrong for good and somebody should look. */
  error(event: string, dimensions?: Dimensions): void;
}

/** Writes each event as one line of JSON to `write`. */
export function makeLog(write: (level: Level, line: string) => void): Log {
  const at =
    (level: Level) =>
    (event: string, dimensions: Dimensions = {}) =>
      write(level, JSON.stringify({ event, ...dimensions }));
  return { info: at('info'), warn: at('warn'), error: at('error') };
}
