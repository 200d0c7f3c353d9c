// When a scheduled run would send what the last one has sent already: the same data, by the same mapping, to the same list.
import { createHash } from 'node:crypto';
import type { Plan } from './plan';
import type { Reason } from './run';

/** Stands for all that decides what a run sends, and where to. The order of the segments counts, and that of the fields does not. */
export function fingerprintOf(
  connectionId: string,
  { listId, mapping, segments }: Pick<Plan, 'listId' | 'mapping' | 'segments'>,
): string {
  const { email, profileId, fields } = { profileId: null, ...mapping };
  // A file can be written anew where it is, under the same commit pointer.
  const data = segments.map(({ name, pointer, shards }) => [
    name,
    pointer,
    shards.map(({ blob, etag }) => [blob, etag]),
  ]);
  const whole = [connectionId, listId, email, profileId, Object.entries(fields).sort(), data];
  return createHash('sha256').update(JSON.stringify(whole)).digest('base64url');
}

export const nothingNew: Reason = {
  code: 'no-new-data',
  sentence:
    'No new data: the last run has sent all of this data already, by the same data matching, to the same list. Nothing was sent; run the export by hand to send it once more.',
};
