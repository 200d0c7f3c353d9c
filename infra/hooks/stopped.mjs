// Why a hook stopped, and what a person can do about it.

/** The hook cannot go on. */
export class HookStopped extends Error {
  code = 'hook-stopped';
  /** @param {string} message what is wrong @param {string} remedy what to do */
  constructor(message, remedy, options = {}) {
    super(message, options);
    this.remedy = remedy;
  }
}

/** Runs a hook. What stops it is told on standard error, and ends azd's command. */
export async function runHook(hook) {
  try {
    await hook();
  } catch (error) {
    console.error(`ERROR: ${error.message}`);
    if (!(error instanceof HookStopped)) throw error;
    console.error(`What to do: ${error.remedy}`);
    process.exitCode = 1;
  }
}
