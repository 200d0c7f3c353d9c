// The lists of exports and runs over HTTP: filters, order, pages, and what a page costs when there are many.
import { listExports } from '../../functions/http/exports/list-exports';
import { listRuns } from '../../functions/http/runs/list-runs';
import type { Table } from '../../shared/platform/tables';
import { newRunId, type Run } from '../../shared/runs/run';
import { anExport, aRun, noon } from '../runs/support/fixtures';
import type { Route } from '../../functions/http/route';
import { startHttpWorld, type HttpWorld } from './http-world';

let app: HttpWorld;
beforeEach(async () => {
  app = await startHttpWorld();
  for (const id of ['spring', 'secret', 'detached']) {
    const { etag } = (await app.exports.get(id))!;
    await app.exports.remove(id, etag);
  }
});
afterEach(() => app.stop());

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);
const id = (number: number) => `export${String(number).padStart(4, '0')}`;
const addExports = (to: number, from = 0) =>
  Promise.all(
    numbers(from, to).map((number) =>
      app.exports.create(
        anExport({
          id: id(number),
          name: number % 100 === 7 ? `Größte ${number}` : `Export ${number}`,
          connectionId: number % 10 === 3 ? 'private' : 'main',
        }),
      ),
    ),
  );

/** A run of an export, some minutes after noon, and at its end unless it is still on. */
async function addRun(exportId: string, minute: number, status: Run['status'] = 'Successful') {
  const at = new Date(noon + minute * 60_000);
  const run = aRun({ id: newRunId(exportId, at), exportId, createdAt: at.toISOString() });
  await app.runs.start(run);
  if (status !== 'Processing') await app.runs.finish(run.id, (before) => ({ ...before, status }));
  return run.id;
}

type Listed = { readonly id: string };
type Page = { readonly ids: string[]; readonly next: string | null };

async function page(route: Route, query: string, cursor: string | null = null): Promise<Page> {
  const answer = await app.ask(route, { query: cursor ? `${query}&cursor=${cursor}` : query, as: 'Viewer' });
  expect(answer.status).toBe(200);
  const listed = (answer.json['exports'] ?? answer.json['runs']) as Listed[];
  return { ids: listed.map((one) => one.id), next: answer.json['nextCursor'] as string | null };
}
const exportsPage = (query: string, cursor?: string | null) => page(listExports(app.deps), query, cursor);
const runsPage = (query: string, cursor?: string | null) => page(listRuns(app.deps), query, cursor);

async function walk(pageOf: (query: string, cursor: string | null) => Promise<Page>, query: string) {
  const pages: string[][] = [];
  let cursor: string | null = null;
  do {
    const { ids, next }: Page = await pageOf(query, cursor);
    pages.push(ids);
    cursor = next;
  } while (cursor !== null);
  return pages;
}

/** Counts from now on what comes out of the tables. */
function meter() {
  const read = { operations: 0, rows: 0 };
  for (const table of Object.values(app.tables)) {
    const { get, page: pageOf, range, all } = table;
    const each = (of: Table['all'] | Table['range']) =>
      async function* (...asked: [never, never, never, never]) {
        read.operations += 1;
        for await (const row of (of as Table['range'])(...asked)) {
          read.rows += 1;
          yield row;
        }
      };
    Object.assign(table, {
      get: (...asked: Parameters<typeof get>) => {
        read.operations += 1;
        read.rows += 1;
        return get(...asked);
      },
      page: async (...asked: Parameters<typeof pageOf>) => {
        const found = await pageOf(...asked);
        read.operations += 1;
        read.rows += found.rows.length;
        return found;
      },
      range: each(range),
      all: each(all),
    });
  }
  return async (work: () => Promise<unknown>) => {
    Object.assign(read, { operations: 0, rows: 0 });
    await work();
    return { ...read };
  };
}

describe('GET /api/exports', () => {
  test('gives every export once, page by page', async () => {
    await addExports(25);
    const pages = await walk(exportsPage, 'limit=10');
    expect(pages.map(({ length }) => length)).toEqual([10, 10, 5]);
    expect(pages.flat()).toEqual(Array.from({ length: 25 }, (_, number) => id(number)));
  });

  test('finds by name, in whatever case and however its letters are composed', async () => {
    await addExports(20);
    const found = encodeURIComponent('GRÖSSTE'.toLowerCase().replace('ss', 'ß').normalize('NFD'));
    await expect(exportsPage(`search=${found}`)).resolves.toEqual({ ids: [id(7)], next: null });
    await expect(exportsPage('search=export+1')).resolves.toMatchObject({
      ids: [1, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19].map(id),
    });
    await expect(exportsPage('search=nothing')).resolves.toEqual({ ids: [], next: null });
  });

  test('finds by connection, and by the status of the last run', async () => {
    await addExports(30);
    await addRun(id(3), 0, 'Failed');
    await addRun(id(3), 1);
    await addRun(id(4), 0);
    await addRun(id(4), 1, 'Failed');
    await addRun(id(5), 0, 'Processing');
    await expect(exportsPage('connection=private')).resolves.toEqual({
      ids: [3, 13, 23].map(id),
      next: null,
    });
    await expect(exportsPage('status=Failed')).resolves.toEqual({ ids: [id(4)], next: null });
    await expect(exportsPage('status=Processing&connection=main')).resolves.toMatchObject({ ids: [id(5)] });
    const { ids } = await exportsPage('status=Not+started&limit=100');
    expect(ids).toHaveLength(27);
  });

  test('goes on behind the last one found, also in the middle of what was read', async () => {
    await addExports(120);
    const pages = await walk(exportsPage, 'connection=private&limit=5');
    expect(pages.map(({ length }) => length)).toEqual([5, 5, 2]);
    expect(pages.flat()).toEqual(Array.from({ length: 12 }, (_, number) => id(number * 10 + 3)));
  });

  test('reads only so much for one page with a filter, and then lets the next one go on', async () => {
    await addExports(1_000);
    await app.exports.create(anExport({ id: 'zzz', name: 'The last one' }));
    const pages = await walk(exportsPage, 'search=last');
    expect(pages).toEqual([[], [], ['zzz']]);
  });

  test('costs the same for a page of 50 however many exports there are, and however many runs of each', async () => {
    await addExports(60);
    await addRun(id(0), 0);
    const measured = meter();
    const few = await measured(() => exportsPage('limit=50'));
    await addExports(1_000, 60);
    for (let minute = 1; minute <= 20; minute++) await addRun(id(0), minute);
    await expect(measured(() => exportsPage('limit=50'))).resolves.toEqual(few);
    expect(few.rows).toBeLessThanOrEqual(50 + 1 + 2 + 2);
  });
});

describe('GET /api/runs', () => {
  test('gives the newest first, over all exports', async () => {
    const a = await addRun('spring', 0);
    const b = await addRun('summer', 5);
    const c = await addRun('spring', 10, 'Processing');
    const d = await addRun('autumn', 2);
    await expect(runsPage('')).resolves.toEqual({ ids: [c, b, d, a], next: null });
    await expect(runsPage('limit=3')).resolves.toMatchObject({ ids: [c, b, d] });
    await expect(runsPage('export=spring')).resolves.toEqual({ ids: [c, a], next: null });
    await expect(runsPage('export=nobody')).resolves.toEqual({ ids: [], next: null });
    await expect(runsPage('status=Successful&export=spring')).resolves.toEqual({ ids: [a], next: null });
    await expect(runsPage('status=Canceled')).resolves.toEqual({ ids: [], next: null });
  });

  test('shows runs as each is shown alone', async () => {
    await addRun('spring', 0, 'Failed');
    const answer = await app.ask(listRuns(app.deps), { as: 'Viewer' });
    expect(answer.json['runs']).toMatchObject([
      { export: { id: 'spring', name: 'Spring customers' }, status: 'Failed', progress: null },
    ]);
    expect(answer.text).not.toContain('tenant/person');
  });

  test('costs the same for a page of 50 with 10,000 runs, and gives each of them once', async () => {
    const exportIds = Array.from({ length: 100 }, (_, number) => `of${number}`);
    const addMany = async (from: number, to: number) => {
      for (let minute = from; minute < to; minute++) {
        await Promise.all(exportIds.map((exportId) => addRun(exportId, minute)));
      }
    };
    await addMany(0, 1);
    const measured = meter();
    const few = await measured(() => runsPage('limit=50'));
    const fewOfOne = await measured(() => runsPage('limit=1&export=of7'));
    await addMany(1, 100);
    await expect(measured(() => runsPage('limit=50'))).resolves.toEqual(few);
    await expect(measured(() => runsPage('limit=1&export=of7'))).resolves.toEqual(fewOfOne);
    expect(few).toEqual({ operations: 51, rows: 100 });

    const all = (await walk(runsPage, 'limit=100')).flat();
    expect(all).toHaveLength(10_000);
    expect(new Set(all).size).toBe(10_000);
    const moments = all.map((runId) => runId.split('-')[1]!);
    expect(moments).toEqual(moments.toSorted().toReversed());
  }, 60_000);
});
