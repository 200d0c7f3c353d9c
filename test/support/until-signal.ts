// Ctrl-C, SIGTERM and the end of the parent as an AbortSignal: what is running stops in order. Who asks again later ends the process at
// once; children and marks are then left to `at-exit`.

export interface Stopping {
  readonly signal: AbortSignal;
  /** The exit code that says by what it was ended; `undefined` while nobody asked. */
  exitCode(): number | undefined;
}

const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

const parentLookMs = 500;

/** One Ctrl-C comes twice under npm: the terminal signals the whole group, and npm passes its own signal on, some milliseconds later. */
const sameRequestMs = 1000;

/** To be called once, first thing in a program. */
export function untilSignal(): Stopping {
  const controller = new AbortController();
  let code: number | undefined;
  let askedAt = 0;
  const ask = (exitCode: number, why: string) => {
    code = exitCode;
    askedAt = performance.now();
    controller.abort(new Error(why));
  };
  for (const [name, exitCode] of Object.entries(exitCodes)) {
    process.on(name, () => {
      if (code === undefined) ask(exitCode, `stopped by ${name}`);
      else if (performance.now() - askedAt > sameRequestMs) process.exit(exitCode);
    });
  }
  // npm that is killed tells nobody; whoever started it wants nothing left.
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent && code === undefined)
      ask(exitCodes.SIGHUP, 'stopped, as its parent is gone');
  }, parentLookMs).unref();
  return { signal: controller.signal, exitCode: () => code };
}
