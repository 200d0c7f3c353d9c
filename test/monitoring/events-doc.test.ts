// docs/events.md is what operators rely on: it names every event that the code writes, at its level, with its dimensions, and no other.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../support/project-root';
import { collectTelemetry, type Event } from './telemetry';

const root = projectRoot();

interface Documented {
  readonly event: string;
  readonly level: string;
  readonly dimensions: readonly string[];
  /** Whether the dimensions are only some of them. */
  readonly open: boolean;
}

const documented: readonly Documented[] = readFileSync(join(root, 'docs/events.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => {
    const [, event = '', , level = '', dimensions = ''] = line.split('|').map((cell) => cell.trim());
    return {
      event: event.replaceAll('`', ''),
      level,
      dimensions: [...dimensions.matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
      open: dimensions.replaceAll(/`\w+`/g, '').trim() !== '',
    };
  });

const sources = ['functions', 'shared'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(root, folder, file), 'utf8')),
);
const written = sources.flatMap((source) =>
  [...source.matchAll(/\blog\.(info|warn|error)\(\s*'([^']+)'/g)].map(([, level = '', event = '']) => ({
    event,
    level,
  })),
);
const pairs = (events: readonly { event: string; level: string }[]) =>
  [...new Set(events.map(({ event, level }) => `${event} ${level}`))].toSorted();

test('every event of the code is in the table, at its level', () => {
  const known = pairs(documented);
  expect(pairs(written).filter((pair) => !known.includes(pair))).toEqual([]);
});

test('every event of the table is in the code', () => {
  const known = pairs(written);
  expect(pairs(documented).filter((pair) => !known.includes(pair))).toEqual([]);
});

test('no event gets its name in another way, in which it would be missed here', () => {
  const calls = sources.flatMap((source) => [...source.matchAll(/\blog\.(?:info|warn|error)\(/g)]);
  expect(calls.length).toBe(written.length);
});

test('names are a noun and a verb, and the table is in their order', () => {
  const names = documented.map(({ event }) => event);
  expect(names.filter((name) => !/^[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*$/.test(name))).toEqual([]);
  expect(names).toEqual(names.toSorted());
});

describe('in the telemetry of the app', () => {
  let telemetry: readonly Event[];
  beforeAll(async () => {
    telemetry = await collectTelemetry();
  });

  test('no event has a dimension that the table does not name', () => {
    const unknown = telemetry.flatMap(({ event, ...rest }) => {
      const row = documented.find((one) => one.event === event);
      if (row?.open) return [];
      return Object.keys(rest)
        .filter((name) => !row?.dimensions.includes(name))
        .map((name) => `${name} of ${event}`);
    });
    expect([...new Set(unknown)]).toEqual([]);
  });

  test('ids are texts, and figures are numbers', () => {
    const ids = ['run', 'export', 'connection', 'segment', 'outcome', 'reason', 'code', 'until', 'dueAt'];
    const texts = [...ids, 'activity', 'trigger', 'job', 'method', 'path', 'requestId', 'errorKey', 'by'];
    const others = ['route', 'incident', 'purpose', 'event', 'action'];
    const wrong = telemetry.flatMap((event) =>
      Object.entries(event)
        .filter(([name, value]) => {
          const isText = texts.includes(name) || others.includes(name);
          return typeof value !== (isText ? 'string' : 'number') && typeof value !== 'boolean';
        })
        .map(([name, value]) => `${name} of ${event.event} is a ${typeof value}`),
    );
    expect([...new Set(wrong)]).toEqual([]);
  });
});
