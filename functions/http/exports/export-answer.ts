// One export as an answer: its view, and the version that a change has to name.
import type { HttpResponseInit } from '@azure/functions';
import type { Principal } from '../../../shared/access/principal';
import type { Export } from '../../../shared/exports/export';
import type { Stored } from '../../../shared/platform/tables';
import type { Deps } from '../../composition';
import { etagOf } from '../etag';
import { exportPath, exportViews, exportViewSchema } from './export-view';
import type { Answer } from '../route';

const versionHeader = { ETag: 'The version, for `If-Match`.' };

export const exportAnswer = {
  description: 'The export.',
  body: exportViewSchema,
  headers: versionHeader,
} satisfies Answer;

export const createdAnswer = {
  ...exportAnswer,
  headers: { ...versionHeader, Location: 'The path of the export.' },
} satisfies Answer;

/** @param created whether it was not there before. */
export async function answerExport(
  deps: Deps,
  principal: Principal,
  stored: Stored<Export>,
  { created = false } = {},
): Promise<HttpResponseInit> {
  const [jsonBody] = await exportViews(deps, principal, [stored.value]);
  return {
    status: created ? 201 : 200,
    headers: {
      etag: etagOf(stored),
      'cache-control': 'no-store',
      ...(created && { location: exportPath(stored.value.id) }),
    },
    jsonBody,
  };
}
