// How tests call the emulated Constant Contact: plain HTTP, nothing of the app.
import { startConstantContact, type ConstantContactEmulator } from './constant-contact/emulator';
import type { Options } from './constant-contact/options';

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** A moment well inside a UTC day. */
export const noon = Date.parse('2026-03-10T12:00:00Z');

export interface TestClock {
  now(): number;
  advance(milliseconds: number): void;
}

export function makeTestClock(start = noon): TestClock {
  let now = start;
  return { now: () => now, advance: (milliseconds) => void (now += milliseconds) };
}

export async function readReply(response: Response): Promise<Reply> {
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  return {
    status: response.status,
    headers: response.headers,
    body: isJson && text ? JSON.parse(text) : text,
  };
}

export function formWith(
  csv: string | Buffer,
  listIds: string,
  fileName = 'people.csv',
  type = 'text/csv',
): FormData {
  const form = new FormData();
  form.set('file', new Blob([new Uint8Array(Buffer.from(csv))], { type }), fileName);
  form.set('list_ids', listIds);
  return form;
}

export function makeCaller(emulator: ConstantContactEmulator, token = emulator.issueTokens().access_token) {
  const call = async (method: string, path: string, body?: FormData | object): Promise<Reply> =>
    readReply(
      await fetch(path.startsWith('/v3') ? emulator.url + path : emulator.apiUrl + path, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body !== undefined && !(body instanceof FormData) && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: body instanceof FormData ? body : JSON.stringify(body) }),
      }),
    );
  return {
    call,
    get: (path: string) => call('GET', path),
    post: (path: string, body: FormData | object) => call('POST', path, body),
    import: (csv: string | Buffer, listIds: string, fileName?: string) =>
      call('POST', '/activities/contacts_file_import', formWith(csv, listIds, fileName)),
  };
}

/** An emulator on a clock of its own, with limits out of the way, and one list. */
export async function startForTest(options: Options = {}) {
  const clock = makeTestClock();
  const emulator = await startConstantContact({
    clock,
    jobMilliseconds: 1_000,
    ...options,
    limits: { perSecond: 1_000_000, ...options.limits },
    seed: { lists: [{ name: 'Customers' }], ...options.seed },
  });
  const listId = emulator.state().lists[0]!.id;
  return { emulator, clock, listId, ...makeCaller(emulator) };
}
