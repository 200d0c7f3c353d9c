// Every call that the tests of every route make: what the table names, and what is wrong in the same way for all routes.
import type { Route } from '../../functions/http/route';
import { LARGEST_BODY_BYTES } from '../../functions/http/read-input';
import type { CallsOfRoute, Wrong } from './calls/call';
import { connectionCalls } from './calls/connection-calls';
import { exportCalls } from './calls/export-calls';
import { otherCalls } from './calls/other-calls';
import { runCalls } from './calls/run-calls';
import type { Ask } from './http-world';
import type { WholeWorld } from './whole-world';

/** By the name of the route. A new route without an entry here fails a test. */
export const callsByRoute: Readonly<Record<string, CallsOfRoute>> = {
  ...connectionCalls,
  ...exportCalls,
  ...runCalls,
  ...otherCalls,
};

const strangeIds = ['..', '../spring', 'a/b', "x' or '1' eq '1", '%00', '😀', 'x'.repeat(1_000), ''];

/** What is wrong with a call that would have gone well, and is refused before anything is done. */
export function refusedCalls(
  route: Route,
  well: Ask,
): Record<string, Omit<Wrong, 'ask'> & { readonly ask: Ask }> {
  const with_ = (change: Ask): Ask => ({ ...well, ...change });
  const bare: Ask = { ...well };
  delete (bare as { body?: unknown }).body;
  const invalid = (ask: Ask) => ({ status: 400, code: 'invalid-request', ask });
  const json = { 'content-type': 'application/json' };
  const headers = well.headers ?? {};
  const other = Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'if-match'));
  return {
    // What a server of somebody else sends a browser back with may be more than is known.
    ...(!route.query?.safeParse({ unknown: '1' }).success && {
      'a query that is not known': invalid(with_({ query: 'unknown=1' })),
    }),
    ...Object.fromEntries(
      Object.keys(well.params ?? {}).flatMap((name) =>
        strangeIds.map((id) => [
          `${name} ${JSON.stringify(id.slice(0, 20))}`,
          { status: 404, code: 'not-found', ask: with_({ params: { ...well.params, [name]: id } }) },
        ]),
      ),
    ),
    ...(route.method !== 'GET' && {
      'a page of another site': {
        status: 403,
        code: 'foreign-origin',
        ask: with_({ headers: { ...headers, origin: 'https://evil.example' } }),
      },
      'a body without end': {
        status: 413,
        code: 'body-too-large',
        ask: { ...bare, text: `"${'x'.repeat(LARGEST_BODY_BYTES)}"`, headers: { ...headers, ...json } },
      },
      'a field that is not known': invalid(with_({ body: { ...(well.body as object), unknown: 1 } })),
    }),
    ...(route.body && {
      'a body that is not JSON': invalid({ ...bare, text: '{"name":', headers: { ...headers, ...json } }),
      'a body of another type': {
        status: 415,
        code: 'json-needed',
        ask: { ...bare, text: 'name=x', headers: { ...headers, 'content-type': 'text/plain' } },
      },
      'a list for a body': invalid(with_({ body: [] })),
    }),
    ...(route.versioned && {
      'another version': {
        status: 412,
        code: 'changed-meanwhile',
        ask: with_({ headers: { ...headers, 'if-match': '"other"' } }),
      },
    }),
    ...(route.versioned === true && {
      'no version': { status: 428, code: 'version-needed', ask: with_({ headers: other }) },
    }),
  };
}

/** The calls of a route that need a world of their own, as they change it, and go wrong. */
export const ownCalls = (route: Route): (Wrong & { readonly title: string })[] => {
  const { well, wrong = {} } = callsByRoute[route.name] as CallsOfRoute;
  return [
    ...Object.entries(wrong).map(([title, call]) => ({ title, ...call })),
    ...(route.needsStorage === false
      ? []
      : [
          {
            title: 'storage that is away',
            status: 500,
            ...(!route.present && { code: 'internal' }),
            ask: async (app: WholeWorld) => {
              const ask = await well(app);
              app.world.ready = () => Promise.reject(new Error('away'));
              return ask;
            },
          },
        ]),
  ];
};
