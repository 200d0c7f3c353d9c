// What can go wrong at Constant Contact: one class per cause, named by what to do about it. The messages carry no server text,
// as Constant Contact quotes addresses in it; its error key and request id identify the case.

export interface CallFacts {
  readonly method: 'GET' | 'POST';
  /** A template: without ids, query and cursor. */
  readonly path: string;
  readonly status?: number | undefined;
  /** Constant Contact's `error_key`, or OAuth's `error`. */
  readonly errorKey?: string | undefined;
  /** The gateway's `x-amzn-RequestId`: what its support asks for. */
  readonly requestId?: string | undefined;
  /** What the answer's `Retry-After` asks for, if it has one. */
  readonly retryAfterMilliseconds?: number | undefined;
  /** The call may have been carried out: look before sending it again. Never true for a GET. */
  readonly outcomeUnknown?: boolean;
}

const told = ({ method, path, status, errorKey, requestId }: CallFacts): string => {
  const answer =
    status === undefined ? 'failed' : ['was answered', status, errorKey].filter(Boolean).join(' ');
  return `${method} ${path} ${answer}${requestId === undefined ? '' : ` (request ${requestId})`}`;
};

/** A failed call to Constant Contact, with everything that is known of it. */
export abstract class ConstantContactError extends Error {
  abstract readonly code: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly status: number | undefined;
  readonly errorKey: string | undefined;
  readonly requestId: string | undefined;
  readonly retryAfterMilliseconds: number | undefined;
  readonly outcomeUnknown: boolean;

  constructor(remedy: string, facts: CallFacts, cause?: unknown) {
    const look = facts.outcomeUnknown
      ? '; it may have been done all the same, so look before sending it again'
      : '';
    super(`${told(facts)}: ${remedy}${look}`, cause === undefined ? undefined : { cause });
    this.method = facts.method;
    this.path = facts.path;
    this.status = facts.status;
    this.errorKey = facts.errorKey;
    this.requestId = facts.requestId;
    this.retryAfterMilliseconds = facts.retryAfterMilliseconds;
    this.outcomeUnknown = facts.outcomeUnknown ?? false;
  }
}

/** Too many calls in one second. The call was not carried out. */
export class Throttled extends ConstantContactError {
  readonly code = 'throttled';
  constructor(facts: CallFacts) {
    super('too many calls came in one second; wait a little and call again', facts);
  }
}

/** The day's calls are used up. The call was not carried out. */
export class QuotaExceeded extends ConstantContactError {
  readonly code = 'quota-exceeded';
  constructor(
    facts: CallFacts,
    /** When calls are possible again, in milliseconds since 1970. */
    readonly until: number,
  ) {
    super(`the calls of this day are used up; go on at ${new Date(until).toISOString()}`, facts);
  }
}

/** Constant Contact holds as many queued jobs as it takes (1,000 per account). The job was not taken. */
export class JobQueueFull extends ConstantContactError {
  readonly code = 'job-queue-full';
  constructor(facts: CallFacts) {
    super('too many jobs are queued; send it again when some have ended', facts);
  }
}

/** The access token is not accepted, nor is a renewed one. */
export class Unauthorized extends ConstantContactError {
  readonly code = 'unauthorized';
  constructor(facts: CallFacts) {
    super('the access token is not accepted; reconnect the account if a new token fails as well', facts);
  }
}

/** A scope or a user privilege is missing, or the app is deactivated: Constant Contact has one status for all three. */
export class NotAllowed extends ConstantContactError {
  readonly code = 'not-allowed';
  constructor(facts: CallFacts) {
    super(
      'the signed-in user or the app may not do this; check scopes, privileges and that the app is active',
      facts,
    );
  }
}

export class NotFound extends ConstantContactError {
  readonly code = 'not-found';
  constructor(facts: CallFacts) {
    super('there is no such thing (import jobs are kept for 10 days only)', facts);
  }
}

/** Constant Contact understood the request and will not have it: the same request fails again. */
export class RequestRefused extends ConstantContactError {
  readonly code = 'request-refused';
  constructor(facts: CallFacts) {
    super('the request is refused as it is; sending it again does not help', facts);
  }
}

export class ServiceUnavailable extends ConstantContactError {
  readonly code = 'service-unavailable';
  constructor(facts: CallFacts) {
    super('Constant Contact has a fault; try again later', facts);
  }
}

/** No answer, or not all of it: the network failed or the time was up. */
export class Unreachable extends ConstantContactError {
  readonly code = 'unreachable';
  constructor(
    facts: CallFacts,
    readonly timedOut: boolean,
    cause?: unknown,
  ) {
    super(
      timedOut ? 'no answer came in time; try again later' : 'the connection failed; try again later',
      facts,
      cause,
    );
  }
}

/** What was to be sent could not be read to its end. A part of it was sent. */
export class ContentBrokenOff extends ConstantContactError {
  readonly code = 'content-broken-off';
  constructor(facts: CallFacts, cause: unknown) {
    super('its content could not be read to the end; look at where it is kept', facts, cause);
  }
}

/** An answer that this app cannot read: something else answers there, or the API has changed. */
export class UnexpectedAnswer extends ConstantContactError {
  readonly code = 'unexpected-answer';
  constructor(
    facts: CallFacts,
    /** What is wrong with the answer, in words of this app. */
    readonly fault: string,
    cause?: unknown,
  ) {
    super(
      `the answer ${fault}; check the address in the settings, or look for a change of the API`,
      facts,
      cause,
    );
  }
}

/** Constant Contact cannot be reached, or does not answer as it should: that passes, sooner or later. */
export const isUnavailable = (error: unknown): boolean =>
  error instanceof ServiceUnavailable || error instanceof Unreachable || error instanceof UnexpectedAnswer;
