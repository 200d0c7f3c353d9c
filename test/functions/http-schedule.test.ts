// The refresh schedule of the deployment over HTTP.
import { changeSchedule } from '../../functions/http/schedule/change-schedule';
import { readExport } from '../../functions/http/exports/read-export';
import { readSchedule } from '../../functions/http/schedule/read-schedule';
import { repeatNextChange } from '../support/memory-tables';
import { startHttpWorld, type HttpWorld } from './http-world';

let app: HttpWorld;
beforeEach(async () => {
  app = await startHttpWorld();
});
afterEach(() => app.stop());

const daily = { kind: 'times', times: ['14:00', '06:00'], days: null, timeZone: 'Europe/Vienna' };
const read = () => app.ask(readSchedule(app.deps));
const change = (schedule: object, etag: string) =>
  app.ask(changeSchedule(app.deps), { body: { schedule }, headers: { 'if-match': etag } });
const version = async () => (await read()).headers['etag']!;

test('is when new data has arrived, as long as nobody changes it', async () => {
  expect((await read()).json).toEqual({
    schedule: { kind: 'new-data' },
    nextRefresh: null,
    changedAt: null,
    changedBy: null,
  });
});

test('can be at times: then exports that go with it say when they run next', async () => {
  const answer = await change(daily, await version());
  expect(answer.json).toEqual({
    schedule: { ...daily, times: ['06:00', '14:00'] },
    nextRefresh: '2026-03-01T13:00:00.000Z',
    changedAt: '2026-03-01T12:00:00.000Z',
    changedBy: 'Ada Lovelace',
  });
  expect(await read()).toMatchObject({ json: answer.json, headers: { etag: answer.headers['etag'] } });
  const spring = await app.ask(readExport(app.deps), { params: { exportId: 'spring' } });
  expect(spring.json['nextRun']).toBe('2026-03-01T13:00:00.000Z');
});

test('is changed by one of two at once, from the first change on', async () => {
  // None is what it is already, which would change nothing.
  for (const [one, other] of [
    ['05:00', '06:00'],
    ['07:00', '08:00'],
  ] as const) {
    const etag = await version();
    const at = (time: string) => change({ ...daily, times: [time] }, etag);
    const answers = await Promise.all([at(one), at(other)]);
    expect([one, ...answers.map(({ status }) => status).toSorted()]).toEqual([one, 200, 412]);
  }
});

test('keeps on record who changed it to what', async () => {
  await change({ kind: 'off' }, await version());
  const { rows } = await app.deps.audit.page(10);
  expect(rows.map(({ value }) => value)).toMatchObject([
    { action: 'schedule.change', facts: { from: 'new-data', to: 'off' }, by: { name: 'Ada Lovelace' } },
  ]);
});

test('is changed and put on record also when the answer to the write is lost', async () => {
  for (const [schedule, changes] of [
    [daily, 1],
    [{ kind: 'off' }, 2],
  ] as const) {
    repeatNextChange(app.tables.schedule);
    const { status, json } = await change(schedule, await version());
    expect([status, json['schedule']]).toMatchObject([200, { kind: schedule.kind }]);
    expect((await app.deps.audit.page(10)).rows).toHaveLength(changes);
  }
});
