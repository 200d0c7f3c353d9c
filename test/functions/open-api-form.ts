// The form of an OpenAPI 3.1 document, as far as the app uses it: whatever else is in one is a fault.
import { z } from 'zod';

const text = z.string().min(1);
/** Held against JSON Schema itself elsewhere. */
const schema = z.looseObject({});
const reference = z.strictObject({ $ref: z.string().regex(/^#\/components\/schemas\/[A-Za-z]+$/) });
const content = z.record(
  z.string().regex(/^[a-z]+\/[a-z+.-]+$/),
  z.strictObject({ schema: reference.or(schema) }),
);

const parameter = z.strictObject({
  name: text,
  in: z.enum(['path', 'query', 'header']),
  required: z.boolean(),
  description: text.optional(),
  schema,
});

const response = z.strictObject({
  description: text,
  headers: z
    .record(z.string().regex(/^[A-Za-z-]+$/), z.strictObject({ description: text, schema }))
    .optional(),
  content: content.optional(),
});

const requirement = z.record(text, z.array(z.string()));

const operation = z.strictObject({
  operationId: z.string().regex(/^[a-z][A-Za-z]*$/),
  summary: text,
  'x-least-role': text,
  security: z.array(requirement).optional(),
  parameters: z.array(parameter),
  requestBody: z.strictObject({ required: z.boolean(), content }).optional(),
  responses: z
    .record(z.string().regex(/^[1-5]\d\d$/), response)
    .refine((responses) => Object.keys(responses).some((status) => /^[23]/.test(status))),
});

const securityScheme = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('http'), scheme: text, description: text }),
  z.strictObject({
    type: z.literal('apiKey'),
    in: z.enum(['cookie', 'header', 'query']),
    name: text,
    description: text,
  }),
]);

export const openApiForm = z.strictObject({
  openapi: z.literal('3.1.0'),
  info: z.strictObject({ title: text, version: text, description: text }),
  security: z.array(requirement),
  paths: z.record(
    z.string().startsWith('/api/'),
    z.partialRecord(z.enum(['get', 'put', 'post', 'patch', 'delete']), operation),
  ),
  components: z.strictObject({
    schemas: z.record(z.string().regex(/^[A-Za-z]+$/), schema),
    securitySchemes: z.record(text, securityScheme),
  }),
});
