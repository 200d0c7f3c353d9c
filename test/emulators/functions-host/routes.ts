// Routes of HTTP functions: literals, `{parameter}`, `{optional?}` and `{*rest}`, literals first.
import type { Triggered } from './function-table';

export interface Route {
  readonly target: Triggered;
  readonly methods: readonly string[];
  readonly authLevel: string;
  /** @returns the parameters, or undefined when the path is another. */
  match(path: string): Readonly<Record<string, string>> | undefined;
}

interface Segment {
  readonly kind: 'literal' | 'parameter' | 'optional' | 'rest';
  readonly name: string;
}

const segmentOf = (text: string): Segment => {
  const [, rest, name, optional] = /^\{(\*?)([^:?}]+)(?::[^}]*?)?(\??)\}$/.exec(text) ?? [];
  if (name === undefined) return { kind: 'literal', name: text.toLowerCase() };
  if (rest === '*') return { kind: 'rest', name };
  return { kind: optional === '?' ? 'optional' : 'parameter', name };
};
const rank = { literal: 0, parameter: 1, optional: 2, rest: 3 };

function matchSegments(segments: readonly Segment[], path: string): Record<string, string> | undefined {
  const parts = path.split('/').filter(Boolean);
  const found: Record<string, string> = {};
  for (const [index, { kind, name }] of segments.entries()) {
    if (kind === 'rest') return { ...found, [name]: parts.slice(index).map(decodeURIComponent).join('/') };
    const part = parts[index];
    if (part === undefined) {
      if (kind === 'optional') continue;
      return undefined;
    }
    if (kind !== 'literal') found[name] = decodeURIComponent(part);
    else if (part.toLowerCase() !== name) return undefined;
  }
  return parts.length > segments.length ? undefined : found;
}

/** The routes, most specific first. Paths begin with the prefix. */
export function makeRoutes(functions: readonly Triggered[], prefix: string): Route[] {
  const routes = functions.map((target) => {
    const { route, methods, authLevel } = target.trigger as {
      route?: string;
      methods?: readonly string[];
      authLevel?: string;
    };
    const whole = [prefix, (route ?? target.name).replace(/^\/+/, '')].filter(Boolean).join('/');
    const segments = whole.split('/').filter(Boolean).map(segmentOf);
    return {
      target,
      methods: (methods ?? ['GET', 'POST']).map((method) => method.toUpperCase()),
      authLevel: (authLevel ?? 'anonymous').toLowerCase(),
      match: (path: string) => {
        try {
          return matchSegments(segments, path);
        } catch {
          // A path that does not decode is no path of ours.
          return undefined;
        }
      },
      order: segments.map(({ kind }) => rank[kind]).join(''),
    };
  });
  return routes.sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0));
}
