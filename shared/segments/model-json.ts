// model.json of the Common Data Model, as far as segments need it. Unknown fields are ignored; an entity that is wrong spoils itself, not the model.
import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import { csvFormatSchema } from './csv-format';
import { ModelInvalid } from './errors';

/** A time as ISO 8601 in UTC; `undefined` for what is none. A time without a zone is taken as UTC. */
const time = z
  .unknown()
  .transform((value) => {
    if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d(T|$)/.test(value)) return undefined;
    const zoned = /(z|[+-]\d\d:?\d\d)$/i.test(value) || !value.includes('T') ? value : `${value}Z`;
    const read = new Date(zoned);
    return Number.isNaN(read.getTime()) ? undefined : read.toISOString();
  })
  .optional();

/** Its type is of no use: the reader takes bytes. */
const attributeSchema = z.object({ name: z.string().min(1) });

const partitionSchema = z
  .object({
    name: z.string().default('(without a name)'),
    /** `null` or absent: the schema only, without a file. */
    location: z.string().nullish(),
    refreshTime: time,
  })
  .loose()
  .transform(({ name, location, refreshTime, ...rest }, context) => {
    const format = csvFormatSchema.safeParse(rest);
    if (format.success) return { name, location: location ?? undefined, refreshTime, format: format.data };
    for (const issue of format.error.issues)
      context.addIssue({ code: 'custom', path: issue.path, message: issue.message });
    return z.NEVER;
  });

const localSchema = z.object({
  name: z.string().min(1).max(256),
  attributes: z.array(attributeSchema).min(1),
  partitions: z
    .array(partitionSchema)
    .nullish()
    .transform((partitions) => partitions ?? []),
});

const rootSchema = z.object({
  version: z.coerce
    .string()
    .regex(/^1(\.|$)/, 'is not 1.0')
    .optional(),
  modifiedTime: time,
  entities: z.array(
    z.looseObject({ $type: z.string().default('LocalEntity'), name: z.string().min(1).max(256) }),
  ),
});

export type ModelEntity =
  | ({ readonly kind: 'local' } & z.output<typeof localSchema>)
  /** Points to another model. */
  | { readonly kind: 'reference'; readonly name: string }
  | { readonly kind: 'invalid'; readonly name: string; readonly faults: readonly string[] };

export interface Model {
  readonly modifiedTime: string | undefined;
  readonly entities: readonly ModelEntity[];
}

const faultsOf = (error: z.ZodError, start: string) =>
  error.issues
    .slice(0, 10)
    .map(
      ({ path, message }) =>
        `${[start, ...path.map(String)].filter((part) => part !== '').join('.')}: ${message}`,
    );

function entityOf(raw: { readonly $type: string; readonly name: string }, index: number): ModelEntity {
  if (raw.$type === 'ReferenceEntity') return { kind: 'reference', name: raw.name };
  const start = `entities.${index}`;
  if (raw.$type !== 'LocalEntity')
    return {
      kind: 'invalid',
      name: raw.name,
      faults: [`${start}.$type: is neither LocalEntity nor ReferenceEntity`],
    };
  const parsed = localSchema.safeParse(raw);
  if (parsed.success) return { kind: 'local', ...parsed.data };
  return { kind: 'invalid', name: raw.name, faults: faultsOf(parsed.error, start) };
}

/** @throws {ModelInvalid} that names `path` and the fields that are wrong. */
export function parseModel(content: Buffer, path: string): Model {
  if (!isUtf8(content)) throw new ModelInvalid(path, ['it is not in UTF-8']);
  let json: unknown;
  try {
    json = JSON.parse(content.toString('utf8').replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw new ModelInvalid(path, ['it is not JSON (perhaps it is not completely written)'], { cause });
  }
  if (typeof json === 'object' && json !== null && 'tables' in json && !('entities' in json)) {
    throw new ModelInvalid(path, ['it has "tables" where a model has "entities"']);
  }
  const parsed = rootSchema.safeParse(json);
  if (!parsed.success) throw new ModelInvalid(path, faultsOf(parsed.error, ''));
  return { modifiedTime: parsed.data.modifiedTime, entities: parsed.data.entities.map(entityOf) };
}
