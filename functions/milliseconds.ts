// Settings are in seconds, the code is in milliseconds.

/** Whole ones: 1.001 times 1,000 is a little less than 1,001. */
export const milliseconds = (seconds: number): number => Math.round(seconds * 1000);
