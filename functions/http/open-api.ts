// GET /api/openapi.json: what this API is, for people and programs.
import { z } from 'zod';
import { openApiDocument } from './open-api-document';
import { route, type Route } from './route';

/** @param others all routes but this one. */
export function openApi(others: readonly Route[]): Route {
  let document: ReturnType<typeof openApiDocument> | undefined;
  const self: Route = route({
    name: 'openApi',
    method: 'GET',
    path: 'openapi.json',
    role: 'Viewer',
    needsStorage: false,
    summary: 'This document.',
    answers: { 200: { description: 'OpenAPI 3.1.', body: z.looseObject({ openapi: z.literal('3.1.0') }) } },
    handle() {
      document ??= openApiDocument([...others, self]);
      return Promise.resolve({ headers: { 'cache-control': 'no-store' }, jsonBody: document });
    },
  });
  return self;
}
