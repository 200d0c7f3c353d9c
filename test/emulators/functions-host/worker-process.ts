// The host's side of the worker: starts it, calls functions in it, fails what ran in it when it dies, and starts another one.
import { fork, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { signalAtExit } from '../../support/at-exit';
import type { HostClock } from './clock';
import type { WorkerError } from './durable/failure';
import type { Log } from './log-lines';
import type { FromWorker, Invocation, InvocationResponse, LoadedFunction, ToWorker } from './protocol';

/** The app did not load; the message is the worker's. */
export class AppDidNotLoad extends Error {
  readonly code = 'app-did-not-load';
}
/** The function threw. */
export class FunctionThrew extends Error {
  readonly code = 'function-threw';
  constructor(readonly error: WorkerError) {
    super(error.message);
  }
}
/** The worker ended before the function did. */
export class WorkerEnded extends Error {
  readonly code = 'worker-ended';
}
/** The function ran for longer than host.json allows; its worker is restarted. */
export class FunctionTimedOut extends Error {
  readonly code = 'function-timed-out';
}

export interface LoadedApp {
  readonly functions: readonly LoadedFunction[];
  readonly httpUri?: string;
}

export interface WorkerOptions {
  readonly appRoot: string;
  readonly env: Readonly<Record<string, string>>;
  readonly functionTimeoutMs: number;
}

export interface Worker {
  /** Resolves when the app is loaded. @throws {AppDidNotLoad} */
  start(): Promise<LoadedApp>;
  app(): LoadedApp;
  pid(): number | undefined;
  /** @throws {FunctionThrew | WorkerEnded | FunctionTimedOut} */
  invoke(
    call: Omit<Invocation, 'invocationId'>,
    onCalled?: (invocationId: string) => void,
  ): Promise<InvocationResponse>;
  kill(): void;
  stop(): Promise<void>;
}

/** A worker that dies so soon after its start dies of itself: the next one waits. */
const restartDelayMs = 500;
const terminateMs = 1000;

interface Call {
  resolve(response: InvocationResponse): void;
  reject(error: Error): void;
}

export function makeWorker(options: WorkerOptions, clock: HostClock, log: Log): Worker {
  let child: ChildProcess | undefined;
  let app: LoadedApp | undefined;
  /** Resolves when a worker is ready to be called. */
  let ready: Promise<LoadedApp> | undefined;
  let stopping = false;
  const calls = new Map<string, Call>();

  const send = (message: ToWorker) => child?.connected === true && child.send(message, () => undefined);

  const spawn = (): Promise<LoadedApp> =>
    new Promise((resolve, reject) => {
      const startedAt = Date.now();
      const worker = fork(path.join(__dirname, 'worker-main.js'), [], {
        cwd: options.appRoot,
        env: options.env,
        // As the real worker takes them, for example a limit of the heap.
        execArgv: (options.env['languageWorkers__node__arguments'] ?? '').split(' ').filter(Boolean),
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        serialization: 'advanced',
      });
      child = worker;
      // One that is busy would see only later that its host is gone.
      signalAtExit(worker, 'SIGKILL');
      let loaded = false;
      createInterface({ input: worker.stdout! }).on('line', (line) =>
        log('information', line, { functionName: 'app' }),
      );
      createInterface({ input: worker.stderr! }).on('line', (line) =>
        log('error', line, { functionName: 'app' }),
      );
      worker.on('message', (message: FromWorker) => {
        switch (message.type) {
          case 'loaded':
            loaded = true;
            app = message;
            resolve(message);
            break;
          case 'load-failed':
            reject(new AppDidNotLoad(message.message));
            break;
          case 'log':
            log(message.level, message.message, message);
            break;
          case 'returned':
            settle(message.invocationId)?.resolve(message.response);
            break;
          case 'threw':
            settle(message.invocationId)?.reject(new FunctionThrew(message));
            break;
        }
      });
      worker.once('exit', (code, signal) => {
        const words = `${process.execPath} exited with code ${exitCode(code, signal)}`;
        for (const id of [...calls.keys()]) settle(id)?.reject(new WorkerEnded(words));
        if (!loaded) reject(new AppDidNotLoad(`The worker ended while it loaded the app: ${words}`));
        if (stopping || !loaded) return;
        log('error', `The worker is gone: ${words}. Another one is started.`);
        const delayMs = Date.now() - startedAt < restartDelayMs ? restartDelayMs : 0;
        ready = new Promise((again) => setTimeout(again, delayMs)).then(spawn);
        ready.catch((error: unknown) =>
          log('critical', `The worker could not be started again: ${String(error)}`),
        );
      });
      send({ type: 'load', appRoot: options.appRoot, clockOffsetMs: clock.offsetMs });
    });

  const settle = (invocationId: string) => {
    const call = calls.get(invocationId);
    calls.delete(invocationId);
    return call;
  };

  clock.onMove(() => send({ type: 'clock', offsetMs: clock.offsetMs }));

  return {
    start: () => (ready ??= spawn()),
    app: () => app ?? { functions: [] },
    pid: () => child?.pid,
    async invoke(call, onCalled) {
      await ready;
      const invocationId = randomUUID();
      const speaker = { functionName: call.functionName, invocationId };
      const startedAt = Date.now();
      log('information', 'executing', speaker);
      let late: NodeJS.Timeout | undefined;
      try {
        const response = await new Promise<InvocationResponse>((resolve, reject) => {
          calls.set(invocationId, { resolve, reject });
          late = setTimeout(() => {
            const limit = `${options.functionTimeoutMs / 1000} s`;
            settle(invocationId)?.reject(
              new FunctionTimedOut(
                `Timeout value of ${limit} was exceeded by function: ${call.functionName}`,
              ),
            );
            child?.kill('SIGKILL');
          }, options.functionTimeoutMs);
          if (!send({ type: 'invoke', invocation: { ...call, invocationId } }))
            settle(invocationId)?.reject(new WorkerEnded('the worker is gone'));
          else onCalled?.(invocationId);
        });
        log('information', `executed in ${Date.now() - startedAt} ms`, speaker);
        return response;
      } catch (error) {
        // What an orchestrator throws holds its state: only the first line is said.
        const [reason] = (error as Error).message.split('\n');
        log('error', `failed after ${Date.now() - startedAt} ms: ${reason ?? ''}`, speaker);
        throw error;
      } finally {
        clearTimeout(late);
      }
    },
    kill: () => void child?.kill('SIGKILL'),
    async stop() {
      stopping = true;
      const worker = child;
      if (!worker || worker.exitCode !== null || worker.signalCode !== null) return;
      const ended = new Promise((resolve) => worker.once('exit', resolve));
      send({ type: 'terminate' });
      const late = setTimeout(() => worker.kill('SIGKILL'), terminateMs);
      await ended;
      clearTimeout(late);
    },
  };
}

/** As a shell tells it: 128 and the number of the signal. */
const exitCode = (code: number | null, signal: NodeJS.Signals | null) => {
  if (code !== null) return String(code);
  return signal === 'SIGKILL' ? '137 (0x89)' : `128 (${signal ?? 'unknown'})`;
};
