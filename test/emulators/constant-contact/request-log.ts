// Which requests came, and how they were answered; never their bodies or their headers.

export interface LoggedRequest {
  /** Milliseconds since 1970, on arrival. */
  readonly at: number;
  readonly method: string;
  readonly path: string;
  /** 0 when the connection was dropped. */
  readonly status: number;
  /** The `x-amzn-RequestId` of the answer. */
  readonly requestId: string;
}

const mostKept = 20_000;

export function makeRequestLog() {
  const requests: LoggedRequest[] = [];
  const counts: Record<string, number> = {};
  let total = 0;
  return {
    add(request: LoggedRequest): void {
      total += 1;
      const path = request.path.replace(/(?<=\/(?:activities|contact_lists)\/)[0-9a-f-]{36}$/, '{id}');
      const kind = `${request.method} ${path}`;
      counts[kind] = (counts[kind] ?? 0) + 1;
      requests.push(request);
      if (requests.length > mostKept) requests.splice(0, requests.length - mostKept);
    },
    recent: (): readonly LoggedRequest[] => requests,
    summary: () => ({ total, byKind: { ...counts } }),
  };
}

export type RequestLog = ReturnType<typeof makeRequestLog>;
