// One line of text for each thing the host or the app says.

export type Level = 'trace' | 'debug' | 'information' | 'warning' | 'error' | 'critical' | 'none';

/** Who speaks: a function in one of its invocations, or (without) the host. */
export interface Speaker {
  readonly functionName?: string | undefined;
  readonly invocationId?: string | undefined;
}

export type Log = (level: Level, message: string, speaker?: Speaker) => void;

/** `time level function(invocation): message`; what has several lines stays one record, its further lines indented. */
export function makeLog(now: () => string, write: (line: string) => void): Log {
  return (level, message, { functionName, invocationId } = {}) => {
    const who = functionName === undefined ? 'host' : `${functionName}(${invocationId ?? ''})`;
    write(`${now()} ${level} ${who}: ${message.trimEnd().replaceAll('\n', '\n  ')}\n`);
  };
}
