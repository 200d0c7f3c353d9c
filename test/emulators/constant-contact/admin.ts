// `/` and `/_emulator/…`: looking inside and controlling the emulator over HTTP.
import { z } from 'zod';
import { ok, page } from './answers';
import { jsonOf, type Call, type Answer } from '../call';
import { controlBodies, type Control } from './control';
import { jobFaultSchema, requestFaultSchema } from './faults';
import { inspect, members, take, type Inspected } from './inspection';
import { inspectionPage } from './page';

const plain = (status: number, text: string): Answer => ({
  status,
  headers: { 'Content-Type': 'text/plain; charset=utf-8' },
  body: text,
});

export const isAdmin = (path: string): boolean => path === '/' || path.startsWith('/_emulator/');

const membersShown = 100;
const membersInState = 1_000;

export function answerAdmin(call: Call, inspected: Inspected, control: Control): Answer {
  if (call.method === 'GET' && call.path === '/') return showPage(call, inspected);
  if (call.method === 'GET' && call.path === '/_emulator/state') {
    return ok(inspect(inspected, call.at, Number(call.query.get('members') ?? membersInState)));
  }
  if (call.method !== 'POST') return plain(404, 'Not here.');
  try {
    return act(call.path.slice('/_emulator/'.length), jsonOf(call) ?? {}, control);
  } catch (error) {
    if (error instanceof z.ZodError) return plain(400, z.prettifyError(error));
    throw error;
  }
}

function act(name: string, body: unknown, control: Control): Answer {
  switch (name) {
    case 'clock':
      control.setClockOffset(controlBodies.clock.parse(body).offsetMilliseconds);
      return { status: 204 };
    case 'seed':
      return ok({ lists: control.seed(controlBodies.seed.parse(body)) });
    case 'tokens': {
      const options = controlBodies.tokens.parse(body);
      return ok(
        control.issueTokens(
          Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
        ),
      );
    }
    case 'faults': {
      const wanted = controlBodies.faults.parse(body);
      const request = wanted.request === undefined ? undefined : requestFaultSchema.parse(wanted.request);
      const job = wanted.job === undefined ? undefined : jobFaultSchema.parse(wanted.job);
      if (wanted.clear) control.clearFaults();
      if (request) control.failRequest(request);
      if (job) control.failJob(job);
      if (wanted.revokeTokens) control.revokeTokens(wanted.revokeTokens);
      if (wanted.deleteList !== undefined) control.deleteList(wanted.deleteList);
      if (wanted.endJob) control.endJob(wanted.endJob.id, wanted.endJob.state);
      return { status: 204 };
    }
    case 'settings': {
      const { limits, switches } = controlBodies.settings.parse(body);
      control.setLimits(limits ?? {});
      control.setSwitches(switches ?? {});
      return { status: 204 };
    }
    default:
      return plain(404, 'Not here.');
  }
}

/** Every member of a list, one JSON object a line, in pieces that are written as the reader takes them. */
export function* memberLines({ account }: Inspected, listId: string): Generator<string> {
  let piece = '';
  for (const member of members(account, listId)) {
    piece += `${JSON.stringify(member)}\n`;
    if (piece.length > 64_000) {
      yield piece;
      piece = '';
    }
  }
  yield piece;
}

function showPage(call: Call, inspected: Inspected): Answer {
  const search = (call.query.get('search') ?? '').toLowerCase();
  const list = inspected.account.lists.get(call.query.get('list') ?? '');
  const shown = list && {
    id: list.id,
    name: list.name,
    members: [...take(members(inspected.account, list.id, search), membersShown)],
  };
  return page(
    200,
    inspectionPage({ state: inspect(inspected, call.at, 0), search, ...(shown && { list: shown }) }),
  );
}
