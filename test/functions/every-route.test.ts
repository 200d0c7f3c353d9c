// Every route, for everybody and with every kind of wrong input. Driven by the routes themselves: a new one without its calls fails.
import { routesOf } from '../../functions/http/routes';
import type { Route } from '../../functions/http/route';
import { roles } from '../../shared/access/principal';
import { callsByRoute, ownCalls, refusedCalls } from './every-call';
import type { Answered, Ask } from './http-world';
import { startWholeWorld, type WholeWorld } from './whole-world';

/** Names, paths and schemas do not depend on what is behind the routes. */
const routes = routesOf({} as never);
const named = (app: WholeWorld, { name }: Route) => routesOf(app.deps).find((route) => route.name === name)!;

type As = NonNullable<Ask['as']> | null;
const everybody: readonly As[] = [null, 'no role', ...roles];

/** What the caller meets before anything else is looked at; `undefined`: nothing. */
function barrier({ role }: Route, as: As): { status: number; code: string } | undefined {
  if (role === 'nobody') return undefined;
  if (as === null) return { status: 401, code: 'sign-in-needed' };
  const rank = as === 'no role' ? -1 : roles.indexOf(as);
  return rank < roles.indexOf(role) ? { status: 403, code: 'role-needed' } : undefined;
}

const seen = ({ status, json }: Answered) => ({
  status,
  code: typeof json['type'] === 'string' ? json['type'].split(':').at(-1) : undefined,
});

let app: WholeWorld;
beforeEach(async () => {
  app = await startWholeWorld();
});
afterEach(() => app.stop());

test('every route has its calls, and there are none of others', () => {
  expect(Object.keys(callsByRoute).toSorted()).toEqual(routes.map(({ name }) => name).toSorted());
});

describe.each(routes.map((route) => [`${route.method} /api/${route.path}`, route] as const))(
  '%s',
  (_name, route) => {
    test('refuses wrong input, and whoever may not call it before it looks at any input', async () => {
      const { well } = callsByRoute[route.name]!;
      const ask = await well(app);
      const calls = { 'a call that goes well': { status: 0, code: '', ask }, ...refusedCalls(route, ask) };
      const expected: unknown[] = [];
      const answered: unknown[] = [];
      for (const [title, call] of Object.entries(calls)) {
        for (const as of everybody) {
          const met = barrier(route, as) ?? (call.status === 0 ? undefined : call);
          if (!met) continue;
          expected.push([title, as, { status: met.status, code: route.present ? undefined : met.code }]);
          answered.push([title, as, seen(await app.ask(named(app, route), { ...call.ask, as }))]);
        }
      }
      expect(answered).toEqual(expected);
    });

    const wrong = ownCalls(route);
    if (wrong.length > 0)
      test.each(wrong)('answers $status to $title', async ({ status, code, ask }) => {
        const asked = await ask(app);
        const answer = await app.ask(named(app, route), asked);
        expect(seen(answer)).toEqual({ status, code });
      });

    test.each(everybody.filter((as) => !barrier(route, as)))('goes well for %s', async (as) => {
      const { well, status } = callsByRoute[route.name]!;
      const answer = await app.ask(named(app, route), { ...(await well(app)), as });
      expect(answer.status).toBe(status);
    });
  },
);
