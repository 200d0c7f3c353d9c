// Something that happens once, and can be waited for.
export interface Signal {
  readonly promise: Promise<void>;
  /** It has happened. */
  give(): void;
  /** It will not happen: whoever waits gets an error. */
  fail(): void;
}

export function makeSignal(): Signal {
  let give: () => void = () => undefined;
  let fail: (reason: Error) => void = () => undefined;
  const promise = new Promise<void>((resolve, reject) => {
    give = resolve;
    fail = reject;
  });
  // Nobody has to wait.
  promise.catch(() => undefined);
  return {
    promise,
    give: () => {
      give();
    },
    fail: () => {
      fail(new Error('what was waited for does not happen'));
    },
  };
}
