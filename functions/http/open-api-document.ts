// The OpenAPI 3.1 document, made from the routes: what checks the requests is what describes them.
import { z } from 'zod';
import { problemSchema } from './problem';
import { isOptional } from './read-input';
import type { Answer, Route } from './route';

const guardProblems = (route: Route): number[] => [
  ...(route.role === 'nobody' ? [] : [401, 403]),
  ...(route.params ? [404] : []),
  // A query that the route does not know.
  400,
  ...(route.method === 'GET' ? [] : [413]),
  ...(route.body ? [415] : []),
  ...(route.versioned ? [412] : []),
  ...(route.versioned === true ? [428] : []),
  500,
];

const jsonSchema = (schema: z.ZodType, io: 'input' | 'output') => {
  const made = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  // The dialect is that of the whole document.
  delete made.$schema;
  return made;
};

function answerOf({ description, body, contentType, headers }: Answer) {
  return {
    description,
    ...(headers && {
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, text]) => [
          name,
          { description: text, schema: { type: 'string' } },
        ]),
      ),
    }),
    ...(body && { content: { 'application/json': { schema: jsonSchema(body, 'output') } } }),
    ...(contentType && { content: { [contentType]: { schema: { type: 'string' } } } }),
  };
}

function parametersOf({ params, query, versioned }: Route) {
  const of = (place: 'path' | 'query', object: z.ZodObject) =>
    Object.entries(object.shape as Record<string, z.ZodType>).map(([name, schema]) => ({
      name,
      in: place,
      required: place === 'path' || !schema.safeParse(undefined).success,
      schema: jsonSchema(schema, 'input'),
    }));
  return [
    ...(params ? of('path', params) : []),
    ...(query ? of('query', query) : []),
    ...(versioned
      ? [
          {
            name: 'If-Match',
            in: 'header',
            required: versioned === true,
            description: 'The ETag of the version that is changed.',
            schema: { type: 'string' },
          },
        ]
      : []),
  ];
}

function operationOf(route: Route) {
  // Where problems are pages, they are among the answers.
  const problems = route.present
    ? []
    : [...new Set([...guardProblems(route), ...(route.problems ?? [])])].sort();
  const problem = (status: number) => ({
    description: 'Problem details.',
    ...(status === 503 && {
      headers: {
        'Retry-After': { description: 'Seconds until it is worth trying again.', schema: { type: 'string' } },
      },
    }),
    content: route.present
      ? { 'text/html': { schema: { type: 'string' } } }
      : { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  });
  return {
    operationId: route.name,
    summary: route.summary,
    'x-least-role': route.role,
    ...(route.role === 'nobody' && { security: [] }),
    parameters: parametersOf(route),
    ...(route.body && {
      requestBody: {
        required: !isOptional(route.body),
        content: { 'application/json': { schema: jsonSchema(route.body, 'input') } },
      },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(route.answers).map(([status, answer]) => [status, answerOf(answer)]),
      ),
      ...Object.fromEntries(problems.map((status) => [String(status), problem(status)])),
    },
  };
}

export function openApiDocument(routes: readonly Route[]) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    (paths[`/api/${route.path}`] ??= {})[route.method.toLowerCase()] = operationOf(route);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Segments to Constant Contact',
      version: '1',
      description:
        'Customer segments from Blob storage into Constant Contact lists. Times are in UTC (ISO 8601). Problems are ' +
        'problem details as of RFC 9457, whose `type` is stable.',
    },
    security: [{ bearer: [] }, { session: [] }],
    paths,
    components: {
      schemas: { Problem: jsonSchema(problemSchema, 'output') },
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'A token of Microsoft Entra ID for this app.',
        },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'AppServiceAuthSession',
          description:
            'The session of App Service authentication. A request that changes something must then come from this app: ' +
            'it needs a same-origin `Origin`, or `Sec-Fetch-Site: same-origin`.',
        },
      },
    },
  };
}
