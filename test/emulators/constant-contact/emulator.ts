// A Constant Contact to run against: sign-in, token endpoint, gateway, V3 API, and a way to look inside. Loopback only.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { makeAccount } from './account';
import { answerAdmin, isAdmin, memberLines } from './admin';
import { tooMany, unauthorized } from './answers';
import { answerApi } from './api';
import { listenOnLoopback } from '../loopback';
import { readCall, send, type Call, type Answer } from '../call';
import { makeControl, type Control } from './control';
import { applyFault, isDrop } from './fault-answers';
import { makeFaults, type FaultAction } from './faults';
import { makeGatherings } from './gatherings';
import { inspect, members, type EmulatorState, type Member } from './inspection';
import { noJournal, openJournal } from './journal';
import { makeGate } from './limits';
import { authorize, authorizePath, exchange, tokenPath } from './oauth';
import { configure, type Options } from './options';
import { makeRequestLog } from './request-log';

export interface ConstantContactEmulator extends Control {
  /** The origin, without a slash at its end; a page to look inside is there. */
  readonly url: string;
  readonly apiUrl: string;
  readonly tokenUrl: string;
  readonly authorizeUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** What happened so far; of each list the first `mostMembers` people (1,000). */
  state(mostMembers?: number): EmulatorState;
  /** Everybody on a list. */
  members(listId: string): Iterable<Member>;
  stop(): Promise<void>;
}

export async function startConstantContact(options: Options = {}): Promise<ConstantContactEmulator> {
  const configuration = configure(options);
  const clock = options.clock ?? { now: () => Date.now() };
  const time = {
    offset: 0,
    now(): number {
      return clock.now() + this.offset;
    },
  };
  const account = makeAccount(
    configuration,
    options.dataFolder === undefined ? noJournal : openJournal(options.dataFolder),
  );
  const gate = makeGate(configuration.limits);
  const faults = makeFaults();
  const gatherings = makeGatherings();
  const log = makeRequestLog();
  const inspected = { account, gate, log };
  const control = makeControl({ account, configuration, faults, time });

  account.load();
  if (options.seed) account.seed(options.seed, time.now());

  /** The gateway's part, done as a request arrives: who is it, and is it within the limits? */
  function gateway(request: IncomingMessage, path: string, at: number): ((call: Call) => Answer) | Answer {
    if (path === tokenPath && request.method === 'POST')
      return (call) => exchange(call, { account, configuration, gate });
    if (path === authorizePath) return (call) => authorize(call, { account, configuration, gate });
    const bearer = /^Bearer\s+(.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const token = account.tokens.access(bearer, at);
    if (!token) return unauthorized();
    const broken = gate.admit(token.clientId, at, `${request.method ?? ''} ${path}`);
    if (broken) return tooMany(broken, configuration.switches.retryAfterSeconds);
    return (call) => answerApi(call, { account, configuration, gate, faults, token });
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const at = time.now();
    const method = request.method ?? 'GET';
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    account.advance(at);

    const list = /^\/_emulator\/lists\/([^/]+)\/members$/.exec(path)?.[1];
    if (list !== undefined) {
      response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
      Readable.from(memberLines(inspected, list)).pipe(response);
      return;
    }
    const requestId = randomUUID();
    const headers = { 'x-amzn-RequestId': requestId };
    if (isAdmin(path)) {
      send(response, answerAdmin(await readCall(request, at), inspected, control), headers);
      return;
    }

    const passed = gateway(request, path, at);
    const fault = typeof passed === 'function' ? faults.forRequest(method, path) : undefined;
    const call = await readCall(request, at);
    const result = typeof passed === 'function' ? underFault(fault, () => passed(call)) : passed;
    const status = result === 'drop' ? 0 : result.status;
    log.add({ at, method, path, status, requestId });
    if (result === 'drop') return void request.socket.destroy();
    if (fault?.kind === 'delay')
      await delay(fault.milliseconds, undefined, { signal: ending.signal }).catch(() => undefined);
    if (fault?.kind === 'gather') await gatherings.join(fault);
    send(response, result, headers);
  }

  const underFault = (fault: FaultAction | undefined, work: () => Answer): Answer | 'drop' => {
    if (fault === undefined) return work();
    if (isDrop(fault)) {
      if (fault.when === 'after') work();
      return 'drop';
    }
    return applyFault(fault, work, configuration.switches.retryAfterSeconds);
  };

  const ending = new AbortController();
  const server = await listenOnLoopback(options.port ?? 0, (request, response) => {
    answer(request, response).catch((error: unknown) => {
      // Not the caller's going away half way, but a fault of the emulator: nobody must take it for an answer.
      if (request.errored === null) console.error('The Constant Contact emulator failed:', error);
      response.destroy();
    });
  });
  // Rows are written as jobs end, not all at once when somebody asks; a clock that stands still ends none. In small steps, as a request
  // that arrives meanwhile would else seem to arrive later, nearer to the next one than it was sent.
  const stepOn = () => {
    if (ending.signal.aborted) return;
    if (account.advanceAStep(time.now())) setImmediate(stepOn);
    else ticks = setTimeout(stepOn, 100).unref();
  };
  let ticks = setTimeout(stepOn, 100).unref();

  const { url } = server;
  return {
    ...control,
    url,
    apiUrl: `${url}/v3`,
    tokenUrl: `${url}${tokenPath}`,
    authorizeUrl: `${url}${authorizePath}`,
    clientId: configuration.clients[0]?.clientId ?? '',
    clientSecret: configuration.clients[0]?.clientSecret ?? '',
    state(mostMembers = 1_000) {
      account.advance(time.now());
      return inspect(inspected, time.now(), mostMembers);
    },
    members(listId) {
      account.advance(time.now());
      return members(account, listId);
    },
    async stop() {
      clearTimeout(ticks);
      ending.abort();
      await server.stop();
    },
  };
}
