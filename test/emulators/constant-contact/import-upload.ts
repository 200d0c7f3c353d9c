// What makes a file for import acceptable: its type, its lists, its header. The rows are looked at when the job runs.
import { apiError, invalid } from './answers';
import type { Answer, Call } from '../call';
import { readCsv } from './csv';
import type { CustomFields, Lists } from './lists';
import { readMultipart } from './multipart';
import type { Limits, Switches } from './options';

export interface Upload {
  readonly fileName: string;
  readonly listIds: readonly string[];
  /** What is left of the file after everything over the limit of bytes was dropped. */
  readonly content: Buffer;
  readonly header: readonly string[];
  /** Contacts in `content`, those over the limit of contacts included. */
  readonly contacts: number;
  /** Bytes of the body and contacts of the file that are dropped in silence. */
  readonly dropped: { readonly bytes: number; readonly contacts: number };
}

export interface UploadRules {
  readonly lists: Lists;
  readonly fields: CustomFields;
  readonly limits: Limits;
  readonly switches: Switches;
}

/** Source: the columns that `contacts_file_import` documents; custom fields come on top. */
const standardColumns = new Set([
  ...['email', 'sms_number', 'first_name', 'last_name', 'phone', 'job_title', 'anniversary', 'birthday_day'],
  ...[
    'birthday_month',
    'company_name',
    'street',
    'street2',
    'city',
    'state',
    'zip',
    'country',
    'sms_consent_date',
  ],
]);
const fileTypes = new Set(['text/csv', 'application/csv', 'application/vnd.ms-excel']);
const mostLists = 50;
const mostCustomFields = 25;

/** The upload, or the answer that refuses it. */
export function readUpload(call: Call, { lists, fields, limits, switches }: UploadRules): Upload | Answer {
  const parts = readMultipart(call.headers['content-type'], call.body);
  if (!parts) return apiError(415, 'unsupported_media_type', 'The request is not multipart/form-data.');
  const over = call.bodyBytes - limits.importBytes;
  if (over > 0 && switches.oversize === 'refuse-413')
    return apiError(413, 'too_large', 'The request is too large.');
  if (over > 0 && switches.oversize === 'refuse-400') return invalid('The request is too large.');

  const file = parts.find((part) => part.name === 'file');
  if (!file) return invalid('file is missing');
  if (!/\.csv$/i.test(file.fileName ?? '') || !fileTypes.has(file.contentType ?? '')) {
    return apiError(415, 'unsupported_media_type', 'The file is not a CSV file.');
  }

  const listParts = parts.filter((part) => part.name === 'list_ids');
  if (listParts.length !== 1) return invalid('list_ids must be one field');
  const listIds = listParts[0]!.content
    .toString('utf8')
    .split(',')
    .map((id) => id.trim())
    .filter((id) => id !== '');
  if (listIds.length < 1 || listIds.length > mostLists)
    return invalid(`list_ids must hold 1 to ${mostLists} ids`);
  const unknown = listIds.find((id) => !lists.live(id));
  if (unknown !== undefined) return invalid(`list_ids: ${unknown} does not exist`);

  const permission = parts.find((part) => part.name === 'sms_permission_to_send')?.content.toString('utf8');
  if (permission !== undefined && !['explicit', 'not_set'].includes(permission)) {
    return invalid('sms_permission_to_send does not have a valid value');
  }

  const content = file.content.subarray(0, Math.max(0, limits.importBytes - file.start));
  const { header, contacts } = outline(content.toString('utf8'));
  const fault = faultOf(header, fields);
  if (fault) return invalid(fault);
  return {
    fileName: file.fileName ?? '',
    listIds,
    content,
    header,
    contacts,
    dropped: {
      bytes: Math.max(0, over),
      contacts: Math.max(0, contacts - limits.importContacts),
    },
  };
}

function outline(text: string): { header: string[]; contacts: number } {
  let header: string[] = [];
  let records = 0;
  readCsv(text, (cells) => {
    if (records === 0) header = cells.map((cell) => cell.trim());
    records += 1;
    return true;
  });
  return { header, contacts: Math.max(0, records - 1) };
}

function faultOf(header: readonly string[], fields: CustomFields): string | undefined {
  if (!header.includes('email') && !header.includes('sms_number'))
    return 'The file has no column email or sms_number';
  if (new Set(header).size !== header.length) return 'The file has two columns of one name';
  const custom = header.filter((name) => name.startsWith('cf:'));
  if (custom.length > mostCustomFields) return `The file has more than ${mostCustomFields} custom fields`;
  const unknown = header.find((name) =>
    name.startsWith('cf:') ? !fields.named(name.slice(3)) : !standardColumns.has(name),
  );
  return unknown === undefined ? undefined : `The file has an unknown column: ${unknown}`;
}
