// The host process. Its parent tells it what to run; it ends when told to, on a signal, or with its parent.
import { startHost, type Host } from './host';
import type { FromHost, ToHost } from './host-messages';

let host: Promise<Host> | undefined;
let stopping: Promise<void> | undefined;

const tell = (message: FromHost) =>
  new Promise<void>((resolve) => {
    if (process.send && process.connected) process.send(message, () => resolve());
    else resolve();
  });

/** How long a host waits for its activities, and, whatever hangs, is gone. Milliseconds. */
const ordered = { drainMs: 10_000, latestMs: 20_000 };
/** Storage goes with the parent: there is just time to give back what was taken. */
const orphaned = { drainMs: 0, latestMs: 1000 };

const stop = ({ drainMs, latestMs } = ordered) => {
  setTimeout(() => process.exit(1), latestMs).unref();
  return (stopping ??= (async () => {
    const running = await host?.catch(() => undefined);
    await running?.stop(drainMs);
    process.exit(0);
  })());
};

const start = async (configuration: Extract<ToHost, { type: 'start' }>['configuration']) => {
  host = startHost(configuration);
  try {
    const { url, key } = await host;
    await tell({ type: 'ready', url, key });
  } catch (error) {
    await tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
    process.exit(1);
  }
};

process.on(
  'message',
  (message: ToHost) => void (message.type === 'start' ? start(message.configuration) : stop()),
);
process.on('SIGTERM', () => void stop());
process.on('SIGINT', () => void stop());
process.on('disconnect', () => void stop(orphaned));
// Nobody reads any more: the parent is gone, and `disconnect` follows.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);
