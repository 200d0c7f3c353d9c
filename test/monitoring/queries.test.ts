// Every query of workbook and alerts, checked without Azure: it parses, its columns and functions are there, and the events and
// properties that it asks for are ones that the app writes.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../support/project-root';
import { dimensions, makeAnalyse, type Analysis } from './kusto';
import { bicepOf, filledIn, loadedBy, prelude, queries } from './queries';
import { collectTelemetry, type Event } from './telemetry';

const analyse = makeAnalyse(prelude);
const analysed = new Map(queries.map(({ name, text }) => [name, analyse(filledIn(text))]));
const ofQuery = (name: string) => analysed.get(name)!;
const names = queries.map(({ name }) => name);

describe('a query', () => {
  test.each(names)('%s parses and type-checks', (name) => {
    expect(ofQuery(name).diagnostics).toEqual([]);
  });

  test.each(names)('%s gets at events only in ways that can be checked', (name) => {
    const { untraceable, asked } = ofQuery(name);
    expect(untraceable).toEqual([]);
    const taken = ['tostring', 'tolong', 'toreal', 'todatetime', 'isnotempty'];
    expect(asked.filter(({ as }) => !taken.includes(as ?? ''))).toEqual([]);
  });

  test.each([
    ['a column that is not there', 'AppTraces | where Mesage == ""', /Mesage/],
    ['a table that is not there', 'AppTrace | take 1', /AppTrace/],
    ['a function that is not there', 'events | summarize total(1) by run', /total/],
    ['a sum of texts', 'events | summarize sum(outcome)', /outcome/],
    ['a text where a number is wanted', 'events | extend x = round(run, 1)', /run/],
    ['a syntax error', 'events | where | take 1', /./],
    ['a column that was dropped before', 'events | project run | where event == "run.ended"', /event/],
    ['a parameter that nobody filled in', 'events | take {count}', /./],
  ])('with %s is found out', (_what, text, about) => {
    const { diagnostics } = analyse(text);
    expect(diagnostics.length).toBeGreaterThan(0);
    expect(diagnostics.join('\n')).toMatch(about);
  });

  test.each([
    ['the name of an event by a part of it', 'events | where event startswith "run."'],
    ['the name of an event in a column', 'events | where event == outcome'],
    ['a property by a computed name', 'events | extend x = tolong(e[strcat("a", run)])'],
    ['the text itself', 'AppTraces | extend all = parse_json(Message)'],
  ])('that asks for %s is found out', (_what, text) => {
    expect(analyse(text).untraceable).toHaveLength(1);
  });
});

describe('the files', () => {
  test('are all loaded, each once, by workbook or alerts', () => {
    const loaded = [...loadedBy('workbook.bicep'), ...loadedBy('alerts.bicep')];
    expect(loaded.filter((name) => name !== 'events').toSorted()).toEqual(names);
  });

  test.each(['workbook.bicep', 'alerts.bicep'])('%s has no query of its own beside them', (file) => {
    expect(loadedBy(file)).toContain('events');
    expect(bicepOf(file)).not.toMatch(
      /App(?:Traces|Requests|Dependencies|Exceptions)|\| (?:where|summarize|project)/,
    );
  });
});

describe('the run-book', () => {
  const namesIn = (file: string, pattern: RegExp) =>
    [...bicepOf(file).matchAll(pattern)].map(([, name = '']) => name);
  const asking = namesIn('alerts.bicep', /^ {4}name: '([a-z-]+)'$/gm);
  // The one that asks no query, but calls the app.
  const calling = namesIn('availability.bicep', /^ {2}name: 'alert-([a-z-]+)'$/gm);
  const [book = ''] = readFileSync(join(projectRoot(), 'docs/operations.md'), 'utf8')
    .split(/^## /m)
    .filter((section) => section.startsWith('Alerts\n'));
  const paragraphs = book.split(/^### /m).slice(1);

  test('has a paragraph for every alert, and for no other', () => {
    expect(asking).toHaveLength(loadedBy('alerts.bicep').length - 1);
    expect(calling).toHaveLength(1);
    expect(paragraphs.map((text) => text.split('\n')[0])).toEqual([...asking, ...calling]);
  });

  test.each(paragraphs.map((text) => [text.split('\n')[0], text] as const))(
    'says what %s means, what to look at and what to do',
    (_name, paragraph) => {
      expect(paragraph).toMatch(/\*\*What it means\.\*\*[^]*\*\*Look at\*\*[^]*\*\*Do\*\*/);
    },
  );
});

/** A sentence for each event and property that a query asks for and no event has. */
function notInTelemetry({ events, asked, outcomes }: Analysis, telemetry: readonly Event[]): string[] {
  const missing = events.filter((name) => !telemetry.some(({ event }) => event === name));
  const looked = events.length === 0 ? telemetry : telemetry.filter(({ event }) => events.includes(event));
  // Of an event that is not there, nothing can be said.
  if (missing.length > 0 && looked.length === 0) return missing.map((name) => `no event ${name}`);
  const where = events.join(', ') || 'any event';
  const isWanted = (value: unknown, as: string | undefined) => {
    if (as === 'tolong' || as === 'toreal') return typeof value === 'number';
    if (as === 'todatetime') return typeof value === 'string' && !Number.isNaN(Date.parse(value));
    return value !== undefined;
  };
  return [
    ...missing.map((name) => `no event ${name}`),
    ...asked
      .filter(({ property, as }) => !looked.some((event) => isWanted(event[property], as)))
      .map(({ property, as }) => `no property ${property} of ${where} that ${as ?? 'anything'} takes`),
    ...outcomes
      .filter((outcome) => !looked.some((event) => event.outcome === outcome))
      .map((outcome) => `no outcome ${outcome} of ${where}`),
  ];
}

describe('in the telemetry of the app', () => {
  let telemetry: readonly Event[];
  beforeAll(async () => {
    telemetry = await collectTelemetry();
  });

  test('the dimensions that every query can use are there', () => {
    const asked = dimensions.map((property) => ({ property, as: 'tostring' }));
    const none = { diagnostics: [], events: [], outcomes: [], untraceable: [] };
    expect(notInTelemetry({ ...none, asked }, telemetry)).toEqual([]);
    expect(analyse(prelude).asked.map(({ property }) => property)).toEqual(
      expect.arrayContaining(['event', ...dimensions]),
    );
  });

  test.each(names)('%s finds the events and properties that it asks for', (name) => {
    expect(notInTelemetry(ofQuery(name), telemetry)).toEqual([]);
  });

  test.each([
    ['an event that is not there', 'events | where event == "run.exploded"', 'no event run.exploded'],
    [
      'a property that the event does not have',
      'events | where event == "run.queued" | summarize sum(tolong(e.read))',
      'no property read of run.queued that tolong takes',
    ],
    [
      'a number where there is a text',
      'events | where event == "run.queued" | summarize sum(tolong(e.trigger))',
      'no property trigger of run.queued that tolong takes',
    ],
    [
      'an outcome that the event never has',
      'events | where event == "run.ended" and outcome == "failed"',
      'no outcome failed of run.ended',
    ],
    [
      'a dimension that the event does not have',
      'events | where event == "constant-contact.called" | summarize count() by run',
      'no property run of constant-contact.called that tostring takes',
    ],
  ])('%s is found out', (_what, text, fault) => {
    expect(notInTelemetry(analyse(text), telemetry)).toEqual([fault]);
  });
});
