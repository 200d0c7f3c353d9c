// GET /api/segments/{segment}/preview: the columns of a segment, with their first values.
import { z } from 'zod';
import { segmentPreviewSchema, type SegmentPreview } from '../../../shared/exports/preview-segment';
import { SegmentFault, SegmentUnknown, ShardChanged } from '../../../shared/segments/errors';
import type { Deps } from '../../composition';
import { notFound, Problem } from '../problem';
import { route } from '../route';

export const previewSegment = (deps: Deps) =>
  route({
    name: 'previewSegment',
    method: 'GET',
    path: 'segments/{segment}/preview',
    role: 'Contributor',
    summary: 'The columns of a segment, with values of its first rows. That somebody looked is on record.',
    params: z.object({ segment: z.string().min(1).max(256) }),
    answers: { 200: { description: 'The columns.', body: segmentPreviewSchema } },
    problems: [409],
    async handle({ params, audit }) {
      const preview = await previewOf(deps, params.segment);
      // Before anything is shown: a look that is not on record does not happen.
      await audit({
        action: 'segment.preview',
        subject: { kind: 'segment', id: preview.name, name: preview.name },
      });
      return { headers: { 'cache-control': 'no-store' }, jsonBody: preview };
    },
  });

/** The Functions host hands a slash inside a parameter on as it was sent. */
const withSlashes = (name: string) => name.replace(/%2f/gi, '/');

async function previewOf({ previewSegment: look }: Deps, name: string): Promise<SegmentPreview> {
  try {
    return await look(name);
  } catch (error) {
    if (error instanceof SegmentUnknown) {
      const other = withSlashes(name);
      if (other === name) throw notFound('segment');
      return previewOf({ previewSegment: look } as Deps, other);
    }
    if (error instanceof SegmentFault || error instanceof ShardChanged)
      throw new Problem(409, error.code, 'The segment cannot be read.', error.message);
    throw error;
  }
}
