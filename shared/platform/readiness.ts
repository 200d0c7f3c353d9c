// Whether what the app stands on answers, and with the rights that the app needs: storage, segments, vault.
import { setTimeout as delay } from 'node:timers/promises';
import { codeOf } from './error-code';

export interface Probe {
  /** A stable word, such as `segments`. */
  readonly name: string;
  /** Throws when it is not as it should be. Changes nothing that matters. */
  readonly look: () => Promise<unknown>;
  /** What to look at when it fails. */
  readonly remedy: string;
}

export interface Finding {
  readonly name: string;
  readonly ok: boolean;
  /** What failed, as a stable code, and what to look at; `null` when all is well. */
  readonly problem: { readonly code: string; readonly remedy: string } | null;
}

/** All probes are asked at once; a finding each, in their order. */
export type Readiness = () => Promise<readonly Finding[]>;

/** To be thrown by a probe that got an answer, and the wrong one. */
export class NotReady extends Error {
  constructor(readonly code: string) {
    super(`not ready: ${code}`);
  }
}

/** @param patience how long a probe may take, in milliseconds; then it has failed. */
export function makeReadiness(probes: readonly Probe[], patience = 10_000): Readiness {
  async function find({ name, look, remedy }: Probe): Promise<Finding> {
    const waiting = new AbortController();
    const tooLate = delay(patience, undefined, { signal: waiting.signal }).then(() =>
      Promise.reject(new NotReady('no-answer')),
    );
    try {
      await Promise.race([look(), tooLate]);
      return { name, ok: true, problem: null };
    } catch (error) {
      return { name, ok: false, problem: { code: codeOf(error), remedy } };
    } finally {
      // What is cut short rejects once more, to nobody.
      tooLate.catch(() => undefined);
      waiting.abort();
    }
  }
  return () => Promise.all(probes.map(find));
}
