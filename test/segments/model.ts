// A model.json for tests, and a source that reads it from memory.
import { makeSegmentSource, type SegmentSourceOptions } from '../../shared/segments/segment-source';
import type { MemoryBlobs } from './memory-blobs';

export const containerUrl = 'https://account.blob.core.windows.net/segments';

export const columns = ['CustomerId', 'EMail', 'FirstName'];

export interface PartitionParts {
  readonly name?: string;
  readonly location?: string | null;
  readonly fileFormatSettings?: Record<string, unknown> | null;
  readonly [other: string]: unknown;
}

export const entity = (
  name: string,
  partitions: readonly PartitionParts[] | null | undefined,
  names: readonly string[] = columns,
) => ({
  $type: 'LocalEntity',
  name,
  attributes: names.map((attribute) => ({ name: attribute, dataType: 'string' })),
  ...(partitions === undefined
    ? {}
    : { partitions: partitions?.map((partition) => ({ name: 'part', ...partition })) }),
});

export const model = (entities: readonly object[], rest: object = {}) =>
  JSON.stringify({ name: 'export', version: '1.0', entities, ...rest });

export const sourceOf = (blobs: MemoryBlobs, options: Partial<SegmentSourceOptions> = {}) =>
  makeSegmentSource({
    blobs,
    containerUrl,
    prefix: 'ci',
    layout: 'customer-insights',
    backslashEscapes: false,
    ...options,
  });

/** The error that `work` fails with. */
export function failureOf(work: Promise<unknown>): Promise<Error & { readonly code?: string }> {
  return work.then(
    () => {
      throw new Error('it did not fail');
    },
    // Not by `instanceof`: errors of Node itself are of another realm than those of tests.
    (error: unknown) => error as Error & { readonly code?: string },
  );
}
