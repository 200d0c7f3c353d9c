// What each route is called with in the tests of every route.
import type { Ask } from '../http-world';
import type { WholeWorld } from '../whole-world';

/** May prepare the world first. */
export type MakeAsk = (app: WholeWorld) => Ask | Promise<Ask>;

export interface Wrong {
  readonly status: number;
  /** The code of the problem; none where a person is shown a page, and where nothing is wrong but the answer another one. */
  readonly code?: string;
  readonly ask: MakeAsk;
}

export interface CallsOfRoute {
  /** A call that goes well, whoever makes it that has the role. */
  readonly well: MakeAsk;
  readonly status: number;
  /** What is wrong with the others, beside what is the same for all routes. */
  readonly wrong?: Readonly<Record<string, Wrong>>;
  /** Statuses that nothing from outside provokes. */
  readonly unprovoked?: readonly number[];
}
