// What a request gets when a fault was asked for it.
import type { Answer } from '../call';
import { apiError, forbidden, tooMany, unauthorized } from './answers';
import type { FaultAction } from './faults';

type Drop = Extract<FaultAction, { kind: 'drop' }>;

export const isDrop = (fault: FaultAction): fault is Drop => fault.kind === 'drop';

/** `work` is what the request would do without the fault. */
export function applyFault(
  fault: Exclude<FaultAction, Drop>,
  work: () => Answer,
  retryAfterSeconds: number | undefined,
): Answer {
  switch (fault.kind) {
    case 'status':
      if (fault.when === 'after') work();
      return statusAnswer(fault, retryAfterSeconds);
    case 'delay':
    case 'gather':
      return work();
    case 'not-json':
      return {
        ...work(),
        headers: { 'Content-Type': 'text/html' },
        body: '<html><body>Something went wrong</body></html>',
      };
    case 'without': {
      const answer = work();
      if (typeof answer.body !== 'object' || answer.body === null) return answer;
      const body = Object.fromEntries(Object.entries(answer.body).filter(([name]) => name !== fault.field));
      return { ...answer, body };
    }
  }
}

function statusAnswer(fault: Extract<FaultAction, { kind: 'status' }>, always: number | undefined): Answer {
  const wait = fault.retryAfterSeconds ?? always;
  switch (fault.status) {
    case 401:
      return unauthorized();
    case 403:
      return forbidden();
    case 429:
      return tooMany(fault.reason ?? 'throttled', wait);
    default: {
      const answer = apiError(fault.status, 'internal.error', 'Something went wrong.');
      return wait === undefined ? answer : { ...answer, headers: { 'Retry-After': String(wait) } };
    }
  }
}
