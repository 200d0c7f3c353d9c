// What a Constant Contact emulator can be told at its start, and what holds when it is told nothing.
import type { Seed } from './seed';

/** Documented by Constant Contact, except `tokenPerSecond`, which its support staff named. */
export interface Limits {
  /** Requests in any second, per client id. */
  perSecond: number;
  /** Requests in a UTC day, per client id. */
  perDay: number;
  /** Import jobs that have not ended yet, per account. */
  queue: number;
  /** Requests to the token endpoint in any second, per client id. */
  tokenPerSecond: number;
  /** Bytes of a request body that an import reads; what follows is dropped in silence. */
  importBytes: number;
  /** Contacts of one file that an import reads; what follows is dropped in silence. */
  importContacts: number;
}

export interface Client {
  readonly clientId: string;
  readonly clientSecret: string;
  /** A rotating refresh token works once; a long-lived one stays the same. */
  readonly refreshTokens: 'rotating' | 'long-lived';
  /** Where the sign-in page may send the browser back to; anywhere on this machine if absent. */
  readonly redirectUris?: readonly string[];
}

/** Behaviour that the documentation leaves open, or that an account's owner decides. */
export interface Switches {
  /** What a body over `importBytes` meets. Documented: 'drop'. */
  oversize: 'drop' | 'refuse-413' | 'refuse-400';
  /** Which of two rows with one address counts. */
  duplicates: 'first' | 'last';
  /** Whether an import updates the fields of a person who has unsubscribed (never the lists). */
  updateUnsubscribed: boolean;
  /** Whether an address in more than five jobs within 24 hours is refused as invalid for 48 hours. */
  refuseFlagged: boolean;
  /** `Retry-After` on a 429, in seconds. Constant Contact documents none. */
  retryAfterSeconds: number | undefined;
  /** How long an accepted job stays absent from the list of activities, in milliseconds. */
  jobHiddenMilliseconds: number;
  /** What the signed-in user may do. */
  privileges: readonly string[];
}

export interface Options {
  /** 0 takes any free port. Loopback only. */
  readonly port?: number;
  /** Where data is kept, so that it survives a restart; in memory only if absent. */
  readonly dataFolder?: string;
  /** From acceptance to end of a job. */
  readonly jobMilliseconds?: number;
  readonly clock?: { now(): number };
  readonly limits?: Partial<Limits>;
  readonly switches?: Partial<Switches>;
  readonly clients?: readonly Client[];
  /** The account that a sign-in belongs to, unless the sign-in page is told another. */
  readonly encodedAccountId?: string;
  readonly seed?: Seed;
}

export interface Configuration {
  readonly jobMilliseconds: number;
  readonly limits: Limits;
  readonly switches: Switches;
  readonly clients: readonly Client[];
  readonly encodedAccountId: string;
}

export const localClient: Client = {
  clientId: 'local-client-id',
  clientSecret: 'local-client-secret',
  refreshTokens: 'rotating',
};

const allPrivileges = [
  'contacts:read',
  'contacts:write',
  'contacts:lists:read',
  'contacts:lists:write',
  'account:read',
];

export function configure(options: Options): Configuration {
  return {
    jobMilliseconds: options.jobMilliseconds ?? 1_500,
    limits: {
      perSecond: 4,
      perDay: 10_000,
      queue: 1_000,
      tokenPerSecond: 1,
      importBytes: 4_000_000,
      importContacts: 39_999,
      ...options.limits,
    },
    switches: {
      oversize: 'drop',
      duplicates: 'last',
      updateUnsubscribed: true,
      refuseFlagged: false,
      retryAfterSeconds: undefined,
      jobHiddenMilliseconds: 0,
      privileges: allPrivileges,
      ...options.switches,
    },
    clients: options.clients ?? [localClient],
    encodedAccountId: options.encodedAccountId ?? 'a07e1local0acc',
  };
}
