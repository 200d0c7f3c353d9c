// A client in front of a recording server, with everything that it was handed kept for the test to look at.
import { makeConstantContact, type ConstantContactDeps } from '../../../shared/constant-contact/client';
import { makeJumpingClock } from './clocks';
import { makeRecordingLog } from './recording-log';
import { startRecordingServer } from './recording-server';

export const NOON = Date.parse('2026-04-28T12:00:00Z');

/** Distinctive, so that a search finds it wherever it went. */
export const TOKEN = 'token-that-is-secret-1';
export const RENEWED_TOKEN = 'token-that-is-secret-2';

export async function startClient(overrides: Partial<ConstantContactDeps> = {}) {
  const server = await startRecordingServer();
  const time = makeJumpingClock(NOON);
  const logged = makeRecordingLog();
  const refused: (string | undefined)[] = [];
  const budget = {
    /** For each slot: how many requests had been made before it was reserved. */
    reservedAt: [] as number[],
    spentUntil: [] as number[],
    reserve() {
      budget.reservedAt.push(server.requests.length);
      return Promise.resolve();
    },
    markDaySpent(until: number) {
      budget.spentUntil.push(until);
      return Promise.resolve();
    },
  };
  const client = makeConstantContact({
    fetch,
    apiUrl: `${server.url}/v3`,
    accessToken(options) {
      refused.push(options?.refuse);
      return Promise.resolve(options?.refuse === undefined ? TOKEN : RENEWED_TOKEN);
    },
    budget,
    log: logged.log,
    clock: time.clock,
    requestTimeoutMs: 10_000,
    random: () => 0,
    ...overrides,
  });
  return { server, time, logged, refused, budget, client };
}

export type StartedClient = Awaited<ReturnType<typeof startClient>>;

/** The error that `work` ends with. */
export async function failureOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}
