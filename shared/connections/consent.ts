// The agreement that comes before anything else: its text by version, and what an accepted version allows.
import type { Connection } from './connection';
import { ConsentNeeded } from './connection-errors';

export interface ConsentText {
  readonly version: string;
  readonly title: string;
  readonly paragraphs: readonly string[];
}

/** The oldest first; the last one is the present one. A text that anybody may have accepted is never changed: add a version. */
export const consentTexts: readonly [ConsentText, ...ConsentText[]] = [
  {
    version: '1',
    title: 'Sending personal data to Constant Contact',
    paragraphs: [
      'By turning on this connection you instruct this app to copy personal data to Constant Contact. What is sent are the e-mail addresses of the people in the segments that an export names, and the other fields that it maps, such as their names. It is sent each time such an export runs, also on a schedule, until the connection is removed.',
      'What is sent leaves the boundary within which this app and your Azure subscription keep data. From then on Constant Contact holds it, in the account that you sign in to: under your contract with Constant Contact, in the regions that Constant Contact uses, and by its own rules of privacy, security and retention. The commitments that your organisation has for data in Azure do not reach there.',
      'Your organisation decides what is sent, and answers for it. It answers for having checked that Constant Contact’s privacy and security are good enough for this data, for being allowed to pass the data on, and for each person’s consent to be sent marketing e-mail by way of Constant Contact wherever the law asks for consent.',
      'People who have unsubscribed in Constant Contact are not subscribed again. Removing the connection ends further exports and deletes its tokens. It does not delete anything in Constant Contact: what was sent has to be deleted there.',
      'With “I agree” you confirm that you have read this, and that you may agree to it for your organisation. Your name, the time and the version of this text are kept.',
    ],
  },
];

export const currentConsent: ConsentText = consentTexts.at(-1) ?? consentTexts[0];

/** `outdated`: runs go on under what was accepted, and the next sign-in or change of the connection asks for the present text. */
export type ConsentState = 'needed' | 'outdated' | 'accepted';

export function consentStateOf(
  { consent }: Pick<Connection, 'consent'>,
  current = currentConsent.version,
): ConsentState {
  if (!consent) return 'needed';
  return consent.version === current ? 'accepted' : 'outdated';
}

/** Asked before a sign-in and before a change. @throws {ConsentNeeded} unless the present text was accepted. */
export function requireCurrentConsent(
  connection: Pick<Connection, 'id' | 'consent'>,
  current = currentConsent.version,
): void {
  if (consentStateOf(connection, current) !== 'accepted') throw new ConsentNeeded(connection.id, current);
}
