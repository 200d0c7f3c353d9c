// Ctrl-C, SIGTERM and the end of the parent as an AbortSignal: what is running stops in order. A second signal ends the process at once.

export interface Stopping {
  readonly signal: AbortSignal;
  /** The exit code that says by what it was ended; `undefined` while nobody asked. */
  exitCode(): number | undefined;
}

const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

const parentLookMs = 500;

/** To be called once, first thing in a program. */
export function untilSignal(): Stopping {
  const controller = new AbortController();
  let code: number | undefined;
  for (const [name, exitCode] of Object.entries(exitCodes)) {
    process.on(name, () => {
      // Children watch this process and end with it.
      if (code !== undefined) process.exit(exitCode);
      code = exitCode;
      controller.abort(new Error(`stopped by ${name}`));
    });
  }
  // npm that is killed tells nobody; whoever started it wants nothing left.
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid === parent || code !== undefined) return;
    code = exitCodes.SIGHUP;
    controller.abort(new Error('stopped, as its parent is gone'));
  }, parentLookMs).unref();
  return { signal: controller.signal, exitCode: () => code };
}
