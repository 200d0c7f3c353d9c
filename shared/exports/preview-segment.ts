// A look at a segment of the catalogue: its columns, with their first values.
import { z } from 'zod';
import { cleanValue } from '../contacts/values';
import { pickByName } from '../segments/pick-by-name';
import type { Segment } from '../segments/segment';
import type { SegmentSource } from '../segments/segment-source';
import { readFirstRows, usualLook, type Look } from './first-rows';

export const segmentPreviewSchema = z.strictObject({
  name: z.string(),
  rowsRead: z.int().min(0),
  malformed: z.int().min(0),
  columns: z.array(
    z.strictObject({
      name: z.string(),
      /** Of the first rows, without blanks, each value once; a long one is cut. */
      values: z.array(z.string()),
    }),
  ),
});
export type SegmentPreview = z.output<typeof segmentPreviewSchema>;

/** @throws {SegmentFault} @throws {ShardChanged} */
export type PreviewSegment = (name: string) => Promise<SegmentPreview>;

const mostValues = 5;
/** In code points. */
const longestValue = 100;

export function makePreviewSegment(deps: {
  readonly segments: Pick<SegmentSource, 'open' | 'read'>;
  readonly look?: Look;
}): PreviewSegment {
  const { segments: source, look = usualLook } = deps;

  return async (name) => {
    const [segment] = (await source.open([name])) as [Segment];
    // A name that stands for two columns stands for neither.
    const readable = segment.columns.filter(
      (column) => typeof pickByName(segment.columns, column) === 'number',
    );
    const values = new Map(readable.map((column) => [column, new Set<string>()]));
    let rowsRead = 0;
    let malformed = 0;
    await readFirstRows(source, segment, look, (shard) => {
      const here = shard.columns ?? segment.columns;
      const columns = readable.filter((column) => pickByName(here, column) !== undefined);
      const into = columns.map((column) => values.get(column) as Set<string>);
      return {
        columns,
        sink: {
          record({ bytes, starts, ends }) {
            rowsRead++;
            into.forEach((found, index) => {
              if (found.size >= mostValues) return;
              const raw = bytes.toString('utf8', starts[index], ends[index]);
              const { value } = cleanValue(raw, longestValue);
              if (value !== '') found.add(value);
            });
          },
          malformed() {
            rowsRead++;
            malformed++;
          },
        },
      };
    });
    return {
      name: segment.name,
      rowsRead,
      malformed,
      columns: segment.columns.map((column) => ({ name: column, values: [...(values.get(column) ?? [])] })),
    };
  };
}
