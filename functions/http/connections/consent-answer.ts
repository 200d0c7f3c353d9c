// The agreement of a connection as an answer: its present text, and what was accepted.
import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import type { Connection } from '../../../shared/connections/connection';
import { consentStateOf, currentConsent } from '../../../shared/connections/consent';
import type { Stored } from '../../../shared/platform/tables';
import { etagOf } from '../etag';
import type { Answer } from '../route';

export const consentAnswer = {
  description: 'The agreement.',
  body: z.strictObject({
    /** `outdated`: runs go on; the next sign-in or change of the connection asks for the present text. */
    state: z.enum(['needed', 'outdated', 'accepted']),
    accepted: z
      .strictObject({ version: z.string(), at: z.iso.datetime(), by: z.strictObject({ name: z.string() }) })
      .nullable(),
    text: z.strictObject({ version: z.string(), title: z.string(), paragraphs: z.array(z.string()) }),
  }),
  headers: { ETag: 'The version of the connection, for `If-Match`.' },
} satisfies Answer;

export function answerConsent(stored: Stored<Connection>): HttpResponseInit {
  const { consent } = stored.value;
  return {
    headers: { etag: etagOf(stored), 'cache-control': 'no-store' },
    jsonBody: {
      state: consentStateOf(stored.value),
      accepted: consent && {
        version: consent.version,
        at: consent.acceptedAt,
        by: { name: consent.acceptedBy.name },
      },
      text: currentConsent,
    },
  };
}
