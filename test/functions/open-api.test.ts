// The OpenAPI document says all that the API does, in a form that other programs can read.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020';
import { openApi } from '../../functions/http/open-api';
import { routesOf } from '../../functions/http/routes';
import { projectRoot } from '../support/project-root';
import { againstOpenApi } from './against-open-api';
import { callsByRoute, ownCalls, refusedCalls } from './every-call';
import type { Ask, Answered } from './http-world';
import { openApiForm } from './open-api-form';
import { startWholeWorld, type WholeWorld } from './whole-world';

/** Names, paths and schemas do not depend on what is behind the routes. */
const routes = routesOf({} as never);
const described = againstOpenApi(routes);
const { document } = described;

describe('the document', () => {
  const { paths, security, components } = openApiForm.parse(document);
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
  );

  test('describes every route, once', () => {
    expect(operations.map(({ path, method }) => `${method} ${path}`).toSorted()).toEqual(
      routes.map(({ path, method }) => `${method.toLowerCase()} /api/${path}`).toSorted(),
    );
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(routes.length);
  });

  test('describes every parameter of every path, and asks for it', () => {
    for (const { path, parameters } of operations) {
      const inPath = parameters.filter((parameter) => parameter.in === 'path');
      const named = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name);
      expect([path, inPath.map(({ name }) => name)]).toEqual([path, named]);
      expect(inPath.every(({ required }) => required)).toBe(true);
    }
  });

  test('names only schemas that are in it, and ways to sign in that it explains', () => {
    const named = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)];
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter(([, name = '']) => !(name in components.schemas))).toEqual([]);
    const ways = [security, ...operations.map((operation) => operation.security ?? [])].flat();
    expect(ways.flatMap(Object.keys).filter((name) => !(name in components.securitySchemes))).toEqual([]);
  });

  test('says of every property what it is', () => {
    const untyped: string[] = [];
    const collect = (value: unknown, path: string): void => {
      if (typeof value !== 'object' || value === null) return;
      for (const [name, part] of Object.entries(value)) {
        const here = `${path}/${name}`;
        if (path.endsWith('/properties') && Object.keys(part as object).length === 0) untyped.push(here);
        collect(part, here);
      }
    };
    collect(document, '');
    expect(untyped).toEqual([]);
  });

  test('has schemas that are JSON Schema, and no format that only this app knows', () => {
    const schemas: object[] = [];
    const collect = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      for (const [name, part] of Object.entries(value)) {
        if (name === 'schema' && typeof part === 'object' && part !== null) schemas.push(part as object);
        else collect(part);
      }
    };
    collect(document);
    expect(schemas.length).toBeGreaterThan(routes.length);
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    expect(schemas.filter((schema) => !ajv.validateSchema(schema))).toEqual([]);
    const formats = [...JSON.stringify(document).matchAll(/"format":"([^"]+)"/g)].map(([, format]) => format);
    expect([...new Set(formats)].toSorted()).toEqual(['date-time', 'uri', 'uuid']);
  });
});

test('docs/http-api.md has every route, with the role that it asks for', () => {
  const text = readFileSync(join(projectRoot(), 'docs', 'http-api.md'), 'utf8');
  const rows = [...text.matchAll(/^\| `([A-Z]+) (\/[^`]+)` +\| (\w+) +\|/gm)];
  expect(rows.map(([, method, path, role]) => `${method} /api${path} ${role}`).toSorted()).toEqual(
    routes.map(({ method, path, role }) => `${method} /api/${path} ${role}`).toSorted(),
  );
});

test('GET /api/openapi.json is the document', async () => {
  const app = await startWholeWorld();
  try {
    const answer = await app.ask(openApi(routes.slice(0, -1)), { as: 'Viewer' });
    expect(answer.json).toEqual(document);
  } finally {
    await app.stop();
  }
});

describe('every answer that is described is given, in the form that is described:', () => {
  let app: WholeWorld;
  beforeEach(async () => {
    app = await startWholeWorld();
  });
  afterEach(() => app.stop());

  test.each(routes.map((route) => [route.name, route] as const))('%s', async (name, route) => {
    const { well, status, unprovoked = [] } = callsByRoute[name]!;
    const statuses = new Set<number>();
    // The world holds each answer against the document.
    const ask = async (asked: Ask): Promise<Answered> => {
      const answer = await app.ask(
        routesOf(app.deps).find((one) => one.name === name)!,
        asked,
      );
      statuses.add(answer.status);
      return answer;
    };
    const good = await well(app);
    if (route.role !== 'nobody') {
      await ask({ ...good, as: null });
      await ask({ ...good, as: 'no role' });
    }
    for (const call of Object.values(refusedCalls(route, good))) await ask(call.ask);
    await expect(ask(good)).resolves.toMatchObject({ status });
    for (const call of ownCalls(route)) {
      await app.stop();
      app = await startWholeWorld();
      await ask(await call.ask(app));
    }
    const expected = described.statusesOf(route).filter((one) => !unprovoked.includes(one));
    expect([...statuses].toSorted()).toEqual(expected.toSorted());
  });
});

describe('an answer is refused that', () => {
  const audit = routes.find(({ name }) => name === 'listAudit')!;
  const good: Answered = {
    status: 200,
    headers: { 'cache-control': 'no-store' },
    text: JSON.stringify({ entries: [], nextCursor: null }),
    json: {},
  };

  test('is none of these: it is taken', () => {
    expect(() => described.check(audit, good)).not.toThrow();
  });

  test.each<[string, Partial<Answered>, RegExp]>([
    ['has another status', { status: 206 }, /206 of listAudit is not described/],
    ['lacks a field', { text: '{"entries":[]}' }, /nextCursor/],
    ['has one too many', { text: '{"entries":[],"nextCursor":null,"secret":1}' }, /secret/],
    [
      'is of another type',
      { headers: { 'cache-control': 'no-store', 'content-type': 'text/html' } },
      /text\/html/,
    ],
    ['may be cached', { headers: { 'cache-control': 'max-age=60' } }, /cache/],
  ])('%s', (_name, change, fault) => {
    expect(() => described.check(audit, { ...good, ...change })).toThrow(fault);
  });

  test('lacks a header', () => {
    const read = routes.find(({ name }) => name === 'readSchedule')!;
    expect(() => described.check(read, { ...good })).toThrow('lacks the header ETag');
  });
});
