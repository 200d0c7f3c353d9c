// Keys of rows that are read newest first: Table storage sorts by key, so the moment is turned around.

/** 13 digits last until the year 2286. */
const latest = 9_999_999_999_999;

/** The start of a key, 13 digits; `at` is in milliseconds since 1970. */
export const newestFirst = (at: number): string => String(latest - at).padStart(13, '0');

/** The moment of a key that starts so. */
export const momentOfKey = (key: string): number => latest - Number(key.slice(0, 13));
