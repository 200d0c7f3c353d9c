// Two hosts and twenty exports on one API key with a low budget: no second and no day is overdrawn, every export ends, and a spent day
// parks the runs until 00:00 UTC, which they say.
import type { FunctionsHost } from '../emulators/functions-host/functions-host';
import { until } from '../support/until';
import { startStackUnderFire, unharmed, type FiredExport, type StackUnderFire } from './stack-under-fire';

const perSecond = 12;
/** Below what the exports need: three requests to open each, three imports, and the looks at them. */
const perDay = 90;
/** How long twenty runs may take to park, or to go on. Milliseconds. */
const patience = 100_000;
const day = 86_400_000;

let stack: StackUnderFire;
let hosts: FunctionsHost[];
beforeAll(async () => {
  stack = await startStackUnderFire(
    { IMPORT_CONCURRENCY: '3', POLL_LONGEST_SECONDS: '5' },
    { perSecond, perDay },
  );
  hosts = await Promise.all([stack.startHost(), stack.startHost()]);
}, 60_000);
afterAll(() => stack.stop());

interface View {
  readonly status: string;
  readonly progress: { readonly waitingUntil?: string; readonly waitingFor?: string } | null;
}

async function look(runId: string): Promise<View> {
  return (await (await fetch(`${hosts[0]!.url}/api/runs/${runId}`)).json()) as View;
}
const isOver = ({ status }: View) => status !== 'Queued' && status !== 'Processing';
const isParked = ({ progress }: View) => progress?.waitingFor === 'day-budget';

test('twenty exports share the budget of two hosts, park when the day is spent, and go on at 00:00 UTC', async () => {
  const exports: FiredExport[] = [];
  for (let number = 0; number < 20; number += 1) exports.push(await stack.makeExport());
  const runIds = await Promise.all(exports.map(({ id }, index) => stack.start(hosts[index % 2]!, id)));

  let offset = 0;
  let parkedOn = 0;
  for (;;) {
    const views = await until(async () => {
      const all = await Promise.all(runIds.map(look));
      return all.every((view) => isOver(view) || isParked(view)) && all;
    }, patience);
    const parked = views.filter((view) => !isOver(view));
    if (parked.length === 0) break;
    parkedOn += 1;
    const midnight = (Math.floor((Date.now() + offset) / day) + 1) * day;
    for (const { progress } of parked) {
      expect(progress?.waitingUntil).toBe(new Date(midnight).toISOString());
    }
    // One clock for the app, its hosts and Constant Contact.
    offset = midnight - Date.now();
    stack.constantContact.setClockOffset(offset);
    await Promise.all(hosts.map((host) => host.setClock(offset)));
    const moved = await until(async () => {
      const all = await Promise.all(runIds.map(look));
      return all.some((view) => !isOver(view) && !isParked(view)) || all.every(isOver);
    }, patience);
    expect(moved).toBe(true);
  }

  expect(parkedOn).toBeGreaterThan(0);
  for (const [index, runId] of runIds.entries()) {
    await stack.ended(hosts[0]!, runId);
    expect(await stack.afterwards(exports[index]!, runId)).toEqual(unharmed);
  }
  const { violations, usage } = stack.constantContact.state(0);
  expect(violations).toEqual([]);
  expect(usage.map(({ mostInOneSecond }) => mostInOneSecond <= perSecond)).toEqual([true]);
}, 120_000);
