// Storage and Key Vault answer with faults, slowly, or not at all, before or after they did what was asked: the clients and the host try
// again, and every run ends as if nothing had happened.
import type { FunctionsHost } from '../emulators/functions-host/functions-host';
import type { Passing, Wrong } from './fault-proxy';
import { groups } from './moments';
import { startStackUnderFire, unharmed, type FiredExport, type StackUnderFire } from './stack-under-fire';

const calls = groups
  .flatMap(({ moments }) => moments)
  .filter(({ at, name }) => at === 'storage' && !/orchestration|while it waited/.test(name));

const lost = { kind: 'drop' } as const;
const faults: readonly { readonly name: string; readonly wrong: Wrong }[] = [
  { name: '500', wrong: { kind: 'status', status: 500 } },
  { name: '503', wrong: { kind: 'status', status: 503 } },
  { name: 'no answer', wrong: lost },
  { name: 'an answer after more than a second', wrong: { kind: 'delay', milliseconds: 1_200 } },
];

let stack: StackUnderFire;
let host: FunctionsHost;
beforeAll(async () => {
  stack = await startStackUnderFire();
  host = await stack.startHost();
}, 60_000);
afterEach(() => {
  stack.storage.clear();
  stack.onTheWay.clear();
});
afterAll(() => stack.stop());

/** Runs an export to its end and says what is there. */
async function run(wanted: FiredExport) {
  const runId = await stack.start(host, wanted.id);
  await stack.ended(host, runId);
  return stack.afterwards(wanted, runId);
}

describe.each(faults)('storage gives $name', ({ wrong }) => {
  test('to any one call of a run', async () => {
    let hit = 0;
    const runs = await Promise.all(
      calls.map(async ({ name, when, call }) => {
        const wanted = await stack.makeExport();
        const matches = (passing: Passing) => {
          const matched = call(passing, wanted);
          if (matched) hit += 1;
          return matched;
        };
        stack.storage.add({ when, matches, wrong });
        return { name, wanted };
      }),
    );
    for (const { name, ended } of runs.map(({ name, wanted }) => ({ name, ended: run(wanted) }))) {
      expect({ name, ...(await ended) }).toEqual({ name, ...unharmed });
    }
    expect(hit).toBeGreaterThanOrEqual(calls.length);
  }, 60_000);
});

test('storage says 412 to what changes a row, as if somebody had been faster: it is read and decided again', async () => {
  const wanted = await stack.makeExport();
  const isChange = ({ method, path, body }: Passing) => {
    const text = `${path}${body.toString()}`;
    if (path.includes('/budget(')) return method === 'PUT';
    // Who claims a batch and does not hear that it was theirs waits until the claim has run out: the crashes are about that.
    const mine = text.includes(wanted.id) && !/History|claimed|open\\"/.test(text);
    return mine && (path.endsWith('/$batch') || (method === 'PUT' && /\/(runs|imports)\(/.test(path)));
  };
  /** The first two tries of every change are lost: of each row, and for transactions of the start and of the end. */
  const tries = new Map<string, number>();
  const isLost = (passing: Passing) => {
    if (!isChange(passing)) return false;
    const change = passing.path + (passing.body.includes('Queued') ? ' start' : '');
    const number = (tries.get(change) ?? 0) + 1;
    tries.set(change, number);
    return number <= 2;
  };
  stack.storage.add({
    when: 'before',
    matches: isLost,
    wrong: { kind: 'status', status: 412 },
    times: 1000,
  });
  expect(await run(wanted)).toEqual(unharmed);
  // Start and end of the run, its row, its three batches, and the budget.
  expect([...tries.values()].filter((number) => number > 2).length).toBeGreaterThanOrEqual(7);
}, 60_000);

describe('Key Vault', () => {
  test('throttles for a while: the run waits for it', async () => {
    const wanted = await stack.makeExport();
    stack.keyVault.fail({ status: 429, times: 2, method: 'GET', retryAfterSeconds: 1 });
    expect(await run(wanted)).toEqual(unharmed);
  }, 60_000);

  test('refuses once: the activity is tried again', async () => {
    const wanted = await stack.makeExport();
    stack.keyVault.fail({ status: 403, times: 1, method: 'GET' });
    expect(await run(wanted)).toEqual(unharmed);
  }, 60_000);

  test('refuses again and again: the run fails, says so, and leaves nothing but its report', async () => {
    const wanted = await stack.makeExport();
    stack.keyVault.fail({ status: 403, times: 10, method: 'GET' });
    expect(await run(wanted)).toMatchObject({
      status: 'Failed',
      reason: 'vault-refused',
      members: [],
      jobs: [],
      lock: null,
      imports: [],
      files: ['report.json'],
    });
  }, 60_000);
});

describe('the lease under which a token is renewed', () => {
  const isLeaseCall = ({ method, path }: Passing) =>
    method === 'PUT' && path.includes('/leases/') && path.includes('comp=lease');

  test.each([
    ['is held by somebody else at first', 0, 409],
    ['is lost before the new tokens are stored', 1, 412],
    ['cannot be given back', 2, 503],
  ])(
    '%s: the token is renewed once, and stored',
    async (_, skip, status) => {
      const wanted = await stack.makeExport();
      stack.storage.add({ when: 'before', matches: isLeaseCall, skip, wrong: { kind: 'status', status } });
      stack.constantContact.revokeTokens('access');
      const renewals = () =>
        stack.constantContact.state(0).requests.byKind['POST /oauth2/default/v1/token'] ?? 0;
      const before = renewals();
      expect(await run(wanted)).toEqual(unharmed);
      expect(renewals() - before).toBe(1);
      // The next run needs no other one.
      expect((await run({ ...wanted })).status).toBe('Successful');
      expect(renewals() - before).toBe(1);
    },
    60_000,
  );
});
