// Holds answers against the OpenAPI document of the app: status, media type, headers and body must be as it says.
import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { openApiDocument } from '../../functions/http/open-api-document';
import type { Route } from '../../functions/http/route';
import type { Answered } from './http-world';

interface Described {
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
}
interface Operation {
  readonly operationId: string;
  readonly requestBody?: Described;
  readonly responses: Readonly<Record<string, Described>>;
}

/** As a document has it: pieces of a path with `/` and `~` in them. */
const pointer = (...parts: readonly string[]) =>
  `#/${parts.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`;

export interface AgainstOpenApi {
  readonly document: ReturnType<typeof openApiDocument>;
  /** The statuses that the route may answer with. */
  statusesOf(route: Route): number[];
  /** @throws for an answer that the document does not describe. Routes that it does not know are not looked at. */
  check(route: Route, answered: Answered): void;
  /** @throws for a body that was taken, and that the document does not allow. */
  checkTaken(route: Route, body: unknown): void;
}

/** @param routes all of the app. */
export function againstOpenApi(routes: readonly Route[]): AgainstOpenApi {
  // As its readers get it.
  const document = JSON.parse(JSON.stringify(openApiDocument(routes))) as ReturnType<typeof openApiDocument>;
  // What it does not know, such as a format, is wrong in the document.
  const refuse = (...said: unknown[]): never => {
    throw new Error(`the OpenAPI document: ${said.join(' ')}`);
  };
  const ajv = new Ajv2020({
    strict: false,
    allErrors: true,
    logger: { log: refuse, warn: refuse, error: refuse },
  });
  addFormats(ajv);
  ajv.addSchema(document, 'openapi');
  const compiled = new Map<string, ValidateFunction>();
  const at = (path: string) => {
    const known = compiled.get(path) ?? ajv.compile({ $ref: `openapi${path}` });
    compiled.set(path, known);
    return known;
  };

  const operationOf = ({ path, method, name }: Route): Operation | undefined => {
    const found = document.paths[`/api/${path}`]?.[method.toLowerCase()] as Operation | undefined;
    return found?.operationId === name ? found : undefined;
  };
  const hold = (where: string, path: string, value: unknown) => {
    const validate = at(path);
    if (validate(value)) return;
    const faults = (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${instancePath} ${message ?? ''} ${JSON.stringify(params)}`,
    );
    throw new Error(`${where} is not what the OpenAPI document says:\n${faults.join('\n')}`);
  };

  return {
    document,

    statusesOf: (route) => Object.keys(operationOf(route)?.responses ?? {}).map(Number),

    check(route, { status, headers, text }) {
      const operation = operationOf(route);
      if (!operation) return;
      const where = `the answer ${status} of ${route.name}`;
      const described = operation.responses[String(status)];
      if (!described) throw new Error(`${where} is not described: ${text}`);
      const sent = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
      for (const name of ['Cache-Control', ...Object.keys(described.headers ?? {})]) {
        if (!sent.get(name.toLowerCase())) throw new Error(`${where} lacks the header ${name}`);
      }
      if (sent.get('cache-control') !== 'no-store') throw new Error(`${where} may be kept by a cache`);
      const [media] = Object.keys(described.content ?? {});
      if (media === undefined) {
        if (text !== '') throw new Error(`${where} has a body that is not described`);
        return;
      }
      const type = (sent.get('content-type') ?? 'application/json').split(';')[0];
      if (type !== media) throw new Error(`${where} is ${type}, and described as ${media}`);
      if (!media.endsWith('json')) return;
      const path = ['paths', `/api/${route.path}`, route.method.toLowerCase(), 'responses', String(status)];
      hold(where, pointer(...path, 'content', media, 'schema'), JSON.parse(text));
    },

    checkTaken(route, body) {
      if (!operationOf(route)?.requestBody) return;
      const path = ['paths', `/api/${route.path}`, route.method.toLowerCase(), 'requestBody'];
      hold(
        `the body that ${route.name} took`,
        pointer(...path, 'content', 'application/json', 'schema'),
        body,
      );
    },
  };
}
