// The calls that this app makes to Constant Contact's V3 API. Each has its slot of the budget, and a token that is renewed once.
import type { z } from 'zod';
import type { Clock } from '../platform/clock';
import type { Log } from '../platform/log';
import { WaitForSlot, type Budget } from './budget';
import { makeCreateList } from './create-list';
import { isUnavailable, NotFound, QuotaExceeded, Throttled, Unauthorized } from './errors';
import { makeSend, type Call } from './http';
import { importBody, type Import, type ImportBody } from './import-body';
import { jobsSince, readBackTo } from './job-pages';
import type { CallOutcome } from './observer';
import { allPages } from './pages';
import {
  accountSummarySchema,
  contactListSchema,
  contactListsSchema,
  customFieldsSchema,
  importJobSchema,
  importJobsSchema,
  type AccountSummary,
  type ContactList,
  type CustomField,
  type ImportJob,
  type Page,
} from './schemas';
import { throttlePause } from './waits';

/** The most items of a page. Source: API description, `limit` of each list. */
const JOBS_PER_PAGE = 500;
const LISTS_PER_PAGE = 500;
const CUSTOM_FIELDS_PER_PAGE = 100;

/** A throttled call is made again this often; other apps on the same key can take our slots. */
const MOST_THROTTLE_RETRIES = 3;

/** A longer `Retry-After` is the caller's to wait for, with a durable timer. */
const LONGEST_THROTTLE_PAUSE_MILLISECONDS = 5000;

export interface ConstantContactDeps {
  readonly fetch: typeof fetch;
  /** Such as `https://api.cc.email/v3`, without a slash at the end. */
  readonly apiUrl: string;
  /** An access token; with `refuse`, another one than that. */
  readonly accessToken: (options?: { readonly refuse?: string }) => Promise<string>;
  readonly budget: Pick<Budget, 'reserve' | 'markDaySpent'>;
  readonly log: Log;
  readonly clock: Clock;
  readonly requestTimeoutMs: number;
  /** Told how each call went, when that says something of the connection. It never throws. */
  readonly observe?: (outcome: CallOutcome) => Promise<void>;
  /** At least 0 and below 1. */
  readonly random?: () => number;
}

/**
 * Only a `ConstantContactError` with `outcomeUnknown` leaves it open whether a POST was carried out; any other error says that it was not.
 * Every method throws a `ConstantContactError` when the call fails, `WaitForSlot` or `DaySpent` when the budget has no slot soon,
 * and whatever `accessToken` throws.
 */
export interface ConstantContact {
  /**
   * Starts an import job. It adds and updates contacts, and never removes one.
   * @param options.startBy milliseconds since 1970: later than that no request is begun, and `WaitForSlot` says so.
   * @throws {ImportMalformed}
   */
  importContacts(file: Import, options?: { readonly startBy?: number }): Promise<ImportJob>;
  /** The jobs since then, newest first, and a few minutes more: the clocks differ. Jobs are kept for 10 days. */
  importJobs(range: { readonly since: string }): Promise<readonly ImportJob[]>;
  /** @throws {NotFound} */
  importJob(id: string): Promise<ImportJob>;
  /** The lists that are in use, with the number of their active members. */
  contactLists(): Promise<readonly ContactList[]>;
  /** @throws {NotFound} */
  contactList(id: string): Promise<ContactList>;
  /** A list that an answer without a word left open is looked up by its name. @throws {ListNameTaken} */
  createContactList(name: string): Promise<ContactList>;
  customFields(): Promise<readonly CustomField[]>;
  /** Needs the scope `account_read`. */
  accountSummary(): Promise<AccountSummary>;
  /** Looks at one job, which takes the privilege that an import takes. @throws {NotAllowed} */
  proveImport(): Promise<void>;
}

/** A call before it has its token. */
type Operation = Omit<Call, 'headers' | 'body'> & {
  readonly contentType?: string;
  readonly body?: string | ImportBody;
  readonly startBy?: number;
};

export function makeConstantContact(deps: ConstantContactDeps): ConstantContact {
  const { apiUrl, accessToken, budget, log, clock, requestTimeoutMs, random = Math.random } = deps;
  const observe = deps.observe ?? (() => Promise.resolve());
  const send = makeSend({ fetch: deps.fetch, timeoutMs: requestTimeoutMs, clock, log });

  async function once<T>(operation: Operation, token: string, schema: z.ZodType<T>): Promise<T> {
    const { contentType, body: source, startBy = Infinity, ...call } = operation;
    const headers = {
      authorization: `Bearer ${token}`,
      accept: 'application/json',
      ...(contentType === undefined ? {} : { 'content-type': contentType }),
    };
    // Nothing may come between the slot and the call: a slot is valid for a moment only. So the file is open before.
    const body = typeof source === 'object' ? await source.open() : source;
    try {
      await budget.reserve();
      if (clock.now() > startBy) throw new WaitForSlot(clock.now());
      return await send({ ...call, headers, ...(body !== undefined && { body }) }, schema);
    } finally {
      if (typeof body === 'object') body.content.destroy();
    }
  }

  async function call<T>(operation: Operation, schema: z.ZodType<T>): Promise<T> {
    let token = await accessToken();
    let renewed = false;
    for (let throttled = 0; ;) {
      try {
        const answer = await once(operation, token, schema);
        await observe('succeeded');
        return answer;
      } catch (error) {
        if (error instanceof Unauthorized && !renewed) {
          renewed = true;
          token = await accessToken({ refuse: token });
        } else if (error instanceof Throttled && throttled < MOST_THROTTLE_RETRIES) {
          const pause = throttlePause(error.retryAfterMilliseconds, random());
          if (pause > LONGEST_THROTTLE_PAUSE_MILLISECONDS) throw error;
          throttled += 1;
          await clock.sleep(pause);
        } else {
          if (error instanceof QuotaExceeded) await parkOthers(error.until);
          if (error instanceof Unauthorized) await observe('refused');
          if (isUnavailable(error)) await observe('unreachable');
          throw error;
        }
      }
    }
  }

  /** What goes wrong here must not hide the error that led here. */
  const parkOthers = (until: number) =>
    budget.markDaySpent(until).catch(() => log.warn('constant-contact.day-not-marked-spent', { until }));

  const get = <T>(path: string, schema: z.ZodType<T>, url = `${apiUrl}${path}`) =>
    call({ method: 'GET', path, url }, schema);

  const all = <T>(
    path: string,
    query: string,
    schema: z.ZodType<Page<T>>,
    enough?: (items: readonly T[]) => boolean,
  ) =>
    allPages({
      apiUrl,
      path,
      first: `${apiUrl}${path}?${query}`,
      get: (url) => get(path, schema, url),
      ...(enough ? { enough } : {}),
    });

  /** Ids reach this from people: one with a slash or dots would name another resource. */
  async function byId<T>(folder: string, name: string, id: string, schema: z.ZodType<T>): Promise<T> {
    const path = `${folder}/{${name}}`;
    if (!/^[\w-]{1,100}$/.test(id)) throw new NotFound({ method: 'GET', path });
    return get(path, schema, `${apiUrl}${folder}/${id}`);
  }

  const lists = (query: string) =>
    all('/contact_lists', `limit=${LISTS_PER_PAGE}&status=active${query}`, contactListsSchema);

  return {
    async importContacts(file, options) {
      const path = '/activities/contacts_file_import';
      const body = importBody(file);
      const { contentType } = body;
      return call(
        { method: 'POST', path, url: `${apiUrl}${path}`, contentType, body, ...options },
        importJobSchema,
      );
    },

    async importJobs(range) {
      const since = Date.parse(range.since);
      const jobs = await all('/activities', `limit=${JOBS_PER_PAGE}`, importJobsSchema, readBackTo(since));
      return jobsSince(since, jobs);
    },

    importJob: (id) => byId('/activities', 'activity_id', id, importJobSchema),

    contactLists: () => lists('&include_membership_count=active'),

    contactList: (id) => byId('/contact_lists', 'list_id', id, contactListSchema),

    createContactList: makeCreateList({
      post(name) {
        const path = '/contact_lists';
        const body = JSON.stringify({ name });
        return call(
          { method: 'POST', path, url: `${apiUrl}${path}`, contentType: 'application/json', body },
          contactListSchema,
        );
      },
      named: (name) => lists(`&name=${encodeURIComponent(name)}`),
    }),

    customFields: () => all('/contact_custom_fields', `limit=${CUSTOM_FIELDS_PER_PAGE}`, customFieldsSchema),

    accountSummary: () => get('/account/summary', accountSummarySchema),

    async proveImport() {
      const path = '/activities';
      await get(path, importJobsSchema, `${apiUrl}${path}?limit=1`);
    },
  };
}
