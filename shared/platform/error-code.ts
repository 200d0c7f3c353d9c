// A stable word for an error, never its message: messages of libraries may quote data.

/** The `code` of an error, else its HTTP status, else its class. */
export function codeOf(error: unknown): string {
  if (error && typeof error === 'object') {
    if ('code' in error && typeof error.code === 'string') return error.code;
    if ('statusCode' in error && typeof error.statusCode === 'number') return `http-${error.statusCode}`;
  }
  return error instanceof Error ? error.name : typeof error;
}
