// The moments of a run at which something can go wrong: each is a call to storage or to Constant Contact.
import type { Passing, When } from './fault-proxy';
import type { FiredExport } from './stack-under-fire';

export interface Moment {
  readonly name: string;
  readonly at: 'storage' | 'constant-contact';
  readonly when: When;
  /** The call that is held. Runs' ids begin with their export's. */
  readonly call: (call: Passing, wanted: FiredExport) => boolean;
}

const blob =
  (method: string, name: RegExp) =>
  (call: Passing, { id }: FiredExport) =>
    call.method === method && call.path.includes(`/runs/${id}-`) && name.test(call.path);
const row =
  (method: string, table: string, content: string) =>
  (call: Passing, { id }: FiredExport) =>
    call.method === method &&
    call.path.startsWith(`/devstoreaccount1/${table}`) &&
    `${call.path}${call.body.toString()}`.includes(`${id}-`) &&
    `${call.path}${call.body.toString()}`.includes(content);
const transaction =
  (content: string) =>
  (call: Passing, { id }: FiredExport) =>
    call.path === '/devstoreaccount1/$batch' && call.body.includes(`${id}-`) && call.body.includes(content);
const post =
  (batch: string) =>
  (call: Passing, { id }: FiredExport) =>
    call.method === 'POST' && call.body.includes(`filename="${id}-`) && call.body.includes(`-${batch}.csv"`);

const state = (name: string) => `\\"state\\":\\"${name}\\"`;
const status = (name: string) => `\\"status\\":\\"${name}\\"`;
const moment = (name: string, at: Moment['at'], when: When, call: Moment['call']): Moment => ({
  name,
  at,
  when,
  call,
});

export const groups: readonly { readonly name: string; readonly moments: readonly Moment[] }[] = [
  {
    name: 'while it begins',
    moments: [
      moment(
        'after its row and lock were written, before its orchestration was started',
        'storage',
        'after',
        transaction(status('Queued')),
      ),
      moment(
        'after its orchestration was started, before anybody was told',
        'storage',
        'after',
        row('POST', 'SegmentsToConstantContactInstances', 'exportRun'),
      ),
      moment('before its list was looked up', 'constant-contact', 'before', ({ path }, { listId }) =>
        path.includes(listId),
      ),
      moment('before its plan was written', 'storage', 'before', blob('PUT', /plan-1\.json/)),
      moment('after its plan was written', 'storage', 'after', blob('PUT', /plan-1\.json/)),
      moment(
        'after it was opened, before the orchestration knew',
        'storage',
        'before',
        row('POST', 'SegmentsToConstantContactHistory', 'opened'),
      ),
    ],
  },
  {
    name: 'while it prepares',
    moments: [
      moment(
        'before its first batch file was written',
        'storage',
        'before',
        blob('PUT', /batch-0-0001\.csv/),
      ),
      moment(
        'with one batch file written and not the others',
        'storage',
        'after',
        blob('PUT', /batch-0-0001\.csv/),
      ),
      moment(
        'while its manifest was written, before it was there',
        'storage',
        'before',
        blob('PUT', /manifest\.json/),
      ),
      moment(
        'while its manifest was written, after it was there',
        'storage',
        'after',
        blob('PUT', /manifest\.json/),
      ),
      moment(
        'after it was prepared, before the orchestration knew',
        'storage',
        'before',
        row('POST', 'SegmentsToConstantContactHistory', 'prepared'),
      ),
    ],
  },
  {
    name: 'while it sends',
    moments: [
      moment('before a batch was claimed', 'storage', 'before', row('POST', 'imports', '000001')),
      moment('after a batch was claimed', 'storage', 'after', row('POST', 'imports', '000001')),
      moment('before the job got to Constant Contact', 'constant-contact', 'before', post('1-1')),
      moment(
        'after the job was accepted, before its answer was read',
        'constant-contact',
        'after',
        post('1-1'),
      ),
      moment(
        'after the answer was read, before it was noted',
        'storage',
        'before',
        row('PUT', 'imports', state('open')),
      ),
      moment(
        'after it was noted that the job was accepted',
        'storage',
        'after',
        row('PUT', 'imports', state('open')),
      ),
      moment('between two batches', 'storage', 'before', row('POST', 'imports', '000002')),
      moment(
        'after the last job was accepted, before its answer was read',
        'constant-contact',
        'after',
        post('3-1'),
      ),
    ],
  },
  {
    name: 'while it waits and closes',
    moments: [
      moment(
        'while it waited',
        'storage',
        'after',
        row('PUT', 'SegmentsToConstantContactInstances', 'waiting'),
      ),
      moment(
        'before the end of a job was noted',
        'storage',
        'before',
        row('PUT', 'imports', state('completed')),
      ),
      moment(
        'after the end of a job was noted',
        'storage',
        'after',
        row('PUT', 'imports', state('completed')),
      ),
      moment('before its report was written', 'storage', 'before', blob('PUT', /report\.json/)),
      moment('between report and final row', 'storage', 'before', transaction(status('Successful'))),
      moment('between final row and removal', 'storage', 'after', transaction(status('Successful'))),
      moment('while files were removed', 'storage', 'after', blob('DELETE', /plan-1\.json/)),
      moment(
        'while the rows of its batches were removed',
        'storage',
        'after',
        row('DELETE', 'imports', '000001'),
      ),
    ],
  },
];
