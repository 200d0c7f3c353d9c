// What an Azure SDK's error says, without naming any SDK's error class.

/** The HTTP status in an error of an Azure client; `undefined` for anything else. */
export function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return undefined;
  return typeof error.statusCode === 'number' ? error.statusCode : undefined;
}
