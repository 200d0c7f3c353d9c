// `/activities`: imports taken in, and how they are getting on.
import { invalid, notFound, ok, timestamp, tooMany } from './answers';
import type { ApiContext } from './api';
import type { Answer, Call } from '../call';
import { readUpload } from './import-upload';
import { progressOf, stateOf, type Job } from './jobs';
import { linksTo, pageOf, readWindow } from './paging';

const keptMilliseconds = 10 * 86_400_000;
const states = ['processing', 'completed', 'cancelled', 'failed', 'timed_out'];

export function postFileImport(
  call: Call,
  { account, configuration, gate, faults, token }: ApiContext,
): Answer {
  const { limits, switches } = configuration;
  if (account.jobs.open().length >= limits.queue) {
    gate.violate('queue', token.clientId, call.at, `${call.method} ${call.path}`);
    return tooMany('queue', switches.retryAfterSeconds);
  }
  const upload = readUpload(call, { lists: account.lists, fields: account.fields, limits, switches });
  if ('status' in upload) return upload;
  const job = account.acceptImport(upload, faults.forJob(upload.fileName), call.at);
  return { status: 201, body: showActivity(job, call.at) };
}

export function getActivities(call: Call, { account, configuration }: ApiContext): Answer {
  const window = readWindow(call.query, 500);
  if (!window) return invalid('limit or cursor does not have a valid value');
  const state = window.query.get('state');
  if (state !== null && !states.includes(state)) return invalid('state does not have a valid value');
  const hidden = configuration.switches.jobHiddenMilliseconds;
  const shown = account.jobs
    .all()
    .filter((job) => isKept(job, call.at) && call.at >= job.createdAt + hidden)
    .filter((job) => state === null || stateOf(job, call.at) === state)
    .reverse();
  const { page, next } = pageOf(shown, window);
  return ok({
    activities: page.map((job) => showActivity(job, call.at)),
    ...linksTo('/v3/activities', window, next),
  });
}

export function getActivity(call: Call, { account }: ApiContext, id: string): Answer {
  const job = account.jobs.get(id);
  return job && isKept(job, call.at) ? ok(showActivity(job, call.at)) : notFound('activity_id is not found.');
}

const isKept = (job: Job, now: number) => now < job.createdAt + keptMilliseconds;

export function showActivity(job: Job, now: number): object {
  const { percent, startedAt, completedAt } = progressOf(job, now);
  return {
    activity_id: job.id,
    state: stateOf(job, now),
    ...(startedAt !== undefined && { started_at: timestamp(startedAt) }),
    ...(completedAt !== undefined && { completed_at: timestamp(completedAt) }),
    created_at: timestamp(job.createdAt),
    updated_at: timestamp(completedAt ?? startedAt ?? job.createdAt),
    ...(job.fileName !== undefined && { source_file_name: job.fileName }),
    percent_done: percent,
    activity_errors: job.ended?.messages ?? [],
    status: job.ended?.counters ?? {},
    _links: { self: { href: `/v3/activities/${job.id}` } },
  };
}
