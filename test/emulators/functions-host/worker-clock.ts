// Moves the worker's clock: `Date.now()`, `new Date()` and `Date()` tell real time plus an offset. Everything else of Date stays.

/** Replaces the global Date. Returns how to set the offset, in milliseconds. */
export function installWorkerClock(): (offsetMs: number) => void {
  const RealDate = Date;
  const realNow = RealDate.now.bind(RealDate);
  let offsetMs = 0;
  const now = () => realNow() + offsetMs;
  RealDate.now = now;
  const Shifted = new Proxy(RealDate, {
    construct: (target, args, newTarget): Date =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as Date,
    apply: () => new RealDate(now()).toString(),
  });
  RealDate.prototype.constructor = Shifted;
  globalThis.Date = Shifted;
  return (value) => {
    offsetMs = value;
  };
}
