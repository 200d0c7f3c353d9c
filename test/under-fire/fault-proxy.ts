// A small HTTP proxy on loopback that goes wrong on request: before or after a call was carried out. It keeps what is written through it.
import { Agent, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { listenOnLoopback } from '../emulators/loopback';
import { makeSignal } from '../support/signal';

export interface Passing {
  readonly method: string;
  /** Path and query, decoded. */
  readonly path: string;
  readonly body: Buffer;
}

export type When = 'before' | 'after';

/** `drop`: the connection ends without an answer. A status is the answer in the place of the true one. */
export type Wrong =
  | { readonly kind: 'drop' }
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: 'delay'; readonly milliseconds: number }
  /** Waits for the promise, and then goes on, or drops the connection when it rejects. */
  | {
      readonly kind: 'wait';
      readonly until: Promise<void>;
      readonly onReached: (response: ServerResponse) => void;
    };

export interface ProxyFault {
  matches(call: Passing): boolean;
  /** Before the call is passed on, or after it was carried out. */
  readonly when: When;
  readonly wrong: Wrong;
  /** Matching calls that pass first; 0 by default. */
  readonly skip?: number;
  /** Calls that it hits; 1 by default. */
  readonly times?: number;
}

/** A call that is held where a test wants it. */
export interface Held {
  /** Resolves when the call is there. */
  readonly reached: Promise<void>;
  /** Whether it is there, and whoever made it still waits for the answer. */
  isHeld(): boolean;
  /** Lets the call end without an answer. */
  drop(): void;
  letGo(): void;
}

export interface Faults {
  add(fault: ProxyFault): void;
  hold(when: When, matches: (call: Passing) => boolean): Held;
  clear(): void;
}

export interface FaultProxy {
  readonly url: string;
  stop(): Promise<void>;
}

/** The faults of one or several proxies. */
export function makeFaults(): Faults & { next(call: Passing, when: When): Wrong | undefined } {
  let faults: { readonly fault: ProxyFault; skip: number; left: number }[] = [];
  return {
    add: (fault) => void faults.push({ fault, skip: fault.skip ?? 0, left: fault.times ?? 1 }),
    hold(when, matches) {
      const reached = makeSignal();
      const until = makeSignal();
      let held: ServerResponse | undefined;
      const onReached = (response: ServerResponse) => {
        held = response;
        reached.give();
      };
      this.add({ matches, when, wrong: { kind: 'wait', until: until.promise, onReached } });
      return {
        reached: reached.promise,
        isHeld: () => held !== undefined && !held.destroyed,
        drop: until.fail,
        letGo: until.give,
      };
    },
    clear() {
      faults = [];
    },
    next(call, when) {
      for (const one of faults) {
        if (one.fault.when !== when || !one.fault.matches(call)) continue;
        if (one.skip > 0) {
          one.skip -= 1;
          continue;
        }
        one.left -= 1;
        if (one.left === 0) faults = faults.filter((other) => other !== one);
        return one.fault.wrong;
      }
      return undefined;
    },
  };
}

/** @param upstream the origin that it stands in front of. @param written gets every call that carries a body. */
export async function startFaultProxy(
  upstream: string,
  faults: ReturnType<typeof makeFaults>,
  written: (call: Passing) => void = () => undefined,
): Promise<FaultProxy> {
  const { hostname, port } = new URL(upstream);
  const agent = new Agent({ keepAlive: true });

  const passOn = (request: IncomingMessage, body: Buffer): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const { method, url: path, headers } = request;
      const passed = forward({ hostname, port, agent, method, path, headers }, resolve);
      passed.on('error', reject);
      passed.end(body);
    });

  /** @returns whether the call has been dealt with. */
  async function goWrong(wrong: Wrong | undefined, response: ServerResponse): Promise<boolean> {
    switch (wrong?.kind) {
      case undefined:
        return false;
      case 'drop':
        response.destroy();
        return true;
      case 'status':
        response.writeHead(wrong.status, { 'content-length': 0, ...wrong.headers }).end();
        return true;
      case 'delay':
        await delay(wrong.milliseconds);
        return false;
      case 'wait':
        wrong.onReached(response);
        try {
          await wrong.until;
          return false;
        } catch {
          response.destroy();
          return true;
        }
    }
  }

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    const { method = 'GET', url = '/' } = request;
    const call = { method, path: decoded(url), body };
    if (body.length > 0) written(call);
    if (await goWrong(faults.next(call, 'before'), response)) return;
    const answer = await passOn(request, body);
    const afterwards = faults.next(call, 'after');
    if (afterwards) {
      const content = await buffer(answer);
      if (await goWrong(afterwards, response)) return;
      response.writeHead(answer.statusCode ?? 502, answer.headers).end(content);
      return;
    }
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.on('error', () => response.destroy());
    answer.pipe(response);
  }

  const server = await listenOnLoopback(0, (request, response) => {
    pass(request, response).catch(() => response.destroy());
  });
  return {
    url: server.url,
    async stop() {
      agent.destroy();
      await server.stop();
    },
  };
}

function decoded(url: string): string {
  try {
    return decodeURIComponent(url);
  } catch {
    return url;
  }
}
