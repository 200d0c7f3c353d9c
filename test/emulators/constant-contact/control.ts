// What a test can do to the emulator, in process or through `/_emulator/…`.
import { z } from 'zod';
import type { Account } from './account';
import type { Faults, JobFault, RequestFault } from './faults';
import type { EndState } from './jobs';
import type { List } from './lists';
import type { Configuration, Limits, Switches } from './options';
import { seedSchema, type Seed } from './seed';
import { tokenAnswer, type TokenAnswer } from './tokens';

export interface IssueOptions {
  readonly clientId?: string;
  readonly scope?: string;
  readonly encodedAccountId?: string;
}

export interface Control {
  /** A fresh set of tokens, as if a person had signed in. */
  issueTokens(options?: IssueOptions): TokenAnswer;
  /** 'access': tokens are refused until refreshed; 'all': the consent is gone. */
  revokeTokens(which: 'access' | 'all'): void;
  failRequest(fault: RequestFault): void;
  failJob(fault: JobFault): void;
  clearFaults(): void;
  /** Ends a job at once, a stuck one too. */
  endJob(id: string, state: EndState): void;
  deleteList(id: string): void;
  seed(seed: Seed): List[];
  /** How far the emulator's time is ahead of its clock, in milliseconds. */
  setClockOffset(milliseconds: number): void;
  /** Takes effect with the next request. */
  setLimits(limits: Partial<Limits>): void;
  setSwitches(switches: Partial<Switches>): void;
}

export interface Controlled {
  readonly account: Account;
  readonly configuration: Configuration;
  readonly faults: Faults;
  readonly time: { now(): number; offset: number };
}

export const defaultScope = 'contact_data account_read offline_access';

export function makeControl({ account, configuration, faults, time }: Controlled): Control {
  return {
    issueTokens(options = {}) {
      const clientId = options.clientId ?? configuration.clients[0]?.clientId;
      const client = configuration.clients.find((one) => one.clientId === clientId);
      if (!client) throw new Error(`The emulator has no client ${clientId ?? '(none at all)'}`);
      const encodedAccountId = options.encodedAccountId ?? configuration.encodedAccountId;
      const consent = { clientId: client.clientId, scope: options.scope ?? defaultScope, encodedAccountId };
      return tokenAnswer(account.issue(consent, client, time.now()));
    },
    revokeTokens: (which) => account.revokeTokens(which),
    failRequest: (fault) => faults.addRequest(fault),
    failJob: (fault) => faults.addJob(fault),
    clearFaults: () => faults.clear(),
    endJob: (id, state) => account.endJob(id, state, time.now()),
    deleteList: (id) => account.deleteList(id, time.now()),
    seed: (seed) => account.seed(seed, time.now()),
    setClockOffset(milliseconds) {
      time.offset = milliseconds;
      account.advance(time.now());
    },
    setLimits: (limits) => void Object.assign(configuration.limits, limits),
    setSwitches: (switches) => void Object.assign(configuration.switches, switches),
  };
}

/** The bodies of `POST /_emulator/…`. */
export const controlBodies = {
  clock: z.strictObject({ offsetMilliseconds: z.number().int() }),
  seed: seedSchema,
  tokens: z.strictObject({
    clientId: z.string().optional(),
    scope: z.string().optional(),
    encodedAccountId: z.string().optional(),
  }),
  faults: z.strictObject({
    request: z.unknown().optional(),
    job: z.unknown().optional(),
    revokeTokens: z.enum(['access', 'all']).optional(),
    deleteList: z.string().optional(),
    endJob: z
      .strictObject({ id: z.string(), state: z.enum(['completed', 'cancelled', 'failed', 'timed_out']) })
      .optional(),
    clear: z.boolean().optional(),
  }),
  settings: z.strictObject({
    limits: z.record(z.string(), z.number()).optional(),
    switches: z.record(z.string(), z.unknown()).optional(),
  }),
};
