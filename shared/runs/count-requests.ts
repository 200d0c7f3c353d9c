// Counts the requests to Constant Contact that a step of a run makes, and says so in its result.
import type { ConstantContact } from '../constant-contact/client';

/** @param onRequest called for each slot of the request budget that is taken. */
export type OpenAccount = (connectionId: string, onRequest?: () => void) => ConstantContact;

/** @param make the step, with the account that it calls. What a step that throws has used is not counted. */
export const countingRequests =
  <I, R extends object>(
    constantContact: OpenAccount,
    make: (counted: (connectionId: string) => ConstantContact) => (input: I) => Promise<R>,
  ) =>
  async (input: I): Promise<R> => {
    let requests = 0;
    const step = make((connectionId) => constantContact(connectionId, () => (requests += 1)));
    const result = await step(input);
    return requests === 0 ? result : { ...result, requests };
  };
