// The host is killed, with its worker, at the worst moments of a run. It comes back, and the run ends by itself as if nothing had
// happened. Runs are brought to their moments and held there, several at a time, and one kill hits them all.
import type { FunctionsHost } from '../emulators/functions-host/functions-host';
import type { Held, Passing, When } from './fault-proxy';
import {
  eventually,
  startStackUnderFire,
  unharmed,
  type Afterwards,
  type FiredExport,
  type StackUnderFire,
} from './stack-under-fire';

interface Moment {
  readonly name: string;
  readonly at: 'storage' | 'constant-contact';
  readonly when: When;
  /** The call that is held. Runs' ids begin with their export's. */
  readonly call: (call: Passing, wanted: FiredExport) => boolean;
}

const blob =
  (method: string, name: RegExp) =>
  (call: Passing, { id }: FiredExport) =>
    call.method === method && call.path.includes(`/runs/${id}-`) && name.test(call.path);
const row =
  (method: string, table: string, content: string) =>
  (call: Passing, { id }: FiredExport) =>
    call.method === method &&
    call.path.startsWith(`/devstoreaccount1/${table}`) &&
    `${call.path}${call.body.toString()}`.includes(`${id}-`) &&
    `${call.path}${call.body.toString()}`.includes(content);
const transaction =
  (content: string) =>
  (call: Passing, { id }: FiredExport) =>
    call.path === '/devstoreaccount1/$batch' && call.body.includes(`${id}-`) && call.body.includes(content);
const post =
  (batch: string) =>
  (call: Passing, { id }: FiredExport) =>
    call.method === 'POST' && call.body.includes(`filename="${id}-`) && call.body.includes(`-${batch}.csv"`);

const state = (name: string) => `\\"state\\":\\"${name}\\"`;
const status = (name: string) => `\\"status\\":\\"${name}\\"`;
const m = (name: string, at: Moment['at'], when: When, call: Moment['call']): Moment => ({
  name,
  at,
  when,
  call,
});

const groups: readonly { readonly name: string; readonly moments: readonly Moment[] }[] = [
  {
    name: 'while it begins',
    moments: [
      m(
        'after its row and lock were written, before its orchestration was started',
        'storage',
        'after',
        transaction(status('Queued')),
      ),
      m(
        'after its orchestration was started, before anybody was told',
        'storage',
        'after',
        row('POST', 'SegmentsToConstantContactInstances', 'exportRun'),
      ),
      m('before its list was looked up', 'constant-contact', 'before', ({ path }, { listId }) =>
        path.includes(listId),
      ),
      m('before its plan was written', 'storage', 'before', blob('PUT', /plan-1\.json/)),
      m('after its plan was written', 'storage', 'after', blob('PUT', /plan-1\.json/)),
      m(
        'after it was opened, before the orchestration knew',
        'storage',
        'before',
        row('POST', 'SegmentsToConstantContactHistory', 'opened'),
      ),
    ],
  },
  {
    name: 'while it prepares',
    moments: [
      m('before its first batch file was written', 'storage', 'before', blob('PUT', /batch-0-0001\.csv/)),
      m(
        'with one batch file written and not the others',
        'storage',
        'after',
        blob('PUT', /batch-0-0001\.csv/),
      ),
      m(
        'while its manifest was written, before it was there',
        'storage',
        'before',
        blob('PUT', /manifest\.json/),
      ),
      m(
        'while its manifest was written, after it was there',
        'storage',
        'after',
        blob('PUT', /manifest\.json/),
      ),
      m(
        'after it was prepared, before the orchestration knew',
        'storage',
        'before',
        row('POST', 'SegmentsToConstantContactHistory', 'prepared'),
      ),
    ],
  },
  {
    name: 'while it sends',
    moments: [
      m('before a batch was claimed', 'storage', 'before', row('POST', 'imports', '000001')),
      m('after a batch was claimed', 'storage', 'after', row('POST', 'imports', '000001')),
      m('before the job got to Constant Contact', 'constant-contact', 'before', post('1-1')),
      m('after the job was accepted, before its answer was read', 'constant-contact', 'after', post('1-1')),
      m(
        'after the answer was read, before it was noted',
        'storage',
        'before',
        row('PUT', 'imports', state('open')),
      ),
      m(
        'after it was noted that the job was accepted',
        'storage',
        'after',
        row('PUT', 'imports', state('open')),
      ),
      m('between two batches', 'storage', 'before', row('POST', 'imports', '000002')),
      m(
        'after the last job was accepted, before its answer was read',
        'constant-contact',
        'after',
        post('3-1'),
      ),
    ],
  },
  {
    name: 'while it waits and closes',
    moments: [
      m('while it waited', 'storage', 'after', row('PUT', 'SegmentsToConstantContactInstances', 'waiting')),
      m('before the end of a job was noted', 'storage', 'before', row('PUT', 'imports', state('completed'))),
      m('after the end of a job was noted', 'storage', 'after', row('PUT', 'imports', state('completed'))),
      m('before its report was written', 'storage', 'before', blob('PUT', /report\.json/)),
      m('between report and final row', 'storage', 'before', transaction(status('Successful'))),
      m('between final row and removal', 'storage', 'after', transaction(status('Successful'))),
      m('while files were removed', 'storage', 'after', blob('DELETE', /plan-1\.json/)),
      m('while the rows of its batches were removed', 'storage', 'after', row('DELETE', 'imports', '000001')),
    ],
  },
];

let stack: StackUnderFire;
let host: FunctionsHost;
beforeAll(async () => {
  stack = await startStackUnderFire();
  host = await stack.startHost();
}, 60_000);
afterAll(() => stack.stop());

test('at no fewer than twenty moments', () => {
  expect(groups.flatMap(({ moments }) => moments).length).toBeGreaterThanOrEqual(20);
});

describe.each(groups)('a host that is killed in a run, $name', ({ moments }) => {
  const after = new Map<string, Afterwards>();
  beforeAll(async () => {
    const held: Held[] = [];
    const exports: FiredExport[] = [];
    for (const { at, when, call } of moments) {
      const wanted = await stack.makeExport();
      const faults = at === 'storage' ? stack.storage : stack.onTheWay;
      held.push(faults.hold(when, (passing) => call(passing, wanted)));
      exports.push(wanted);
    }
    // Some of these are never answered, as the host dies before.
    for (const { id } of exports) void stack.start(host, id).catch(() => undefined);
    for (const [index, one] of held.entries()) {
      const late = setTimeout(() => console.error(`never came: ${moments[index]?.name}`), 15_000);
      await one.reached;
      clearTimeout(late);
    }
    host.kill();
    await host.exited;
    for (const one of held) one.drop();
    host = await stack.startHost();
    await host.fireTimer('schedule');
    for (const [index, wanted] of exports.entries()) {
      const runId = await eventually(() => runOf(wanted));
      await stack.ended(host, runId);
      after.set(moments[index]?.name ?? '', await stack.afterwards(wanted, runId));
    }
  }, 60_000);

  test.each(moments)('$name', ({ name }) => {
    expect(after.get(name)).toEqual(unharmed);
  });
});

/** The one run that an export has had. */
async function runOf({ id }: FiredExport): Promise<string | undefined> {
  return (await host.instanceIds()).find((one) => one.startsWith(`${id}-`));
}
