// How many jobs held each person within 24 hours: Constant Contact flags an address that is updated more than five times.
import type { People } from './people';

const day = 86_400_000;
const flagMilliseconds = 2 * day;

/** Source: Constant Contact's support staff on its sign-up abuse rule. */
export const mostJobsPerPerson = 5;

export function makeTouches(people: People) {
  const recent: number[] = [];
  const flaggedAt = new Map<number, number>();
  const jobs: { at: number; persons: Int32Array }[] = [];
  let most = 0;

  return {
    /** Records a job that held these people, by number, at this time. */
    add(at: number, persons: readonly number[]): void {
      for (let oldest = jobs[0]; oldest && oldest.at <= at - day; oldest = jobs[0]) {
        for (const person of oldest.persons) recent[person] = recent[person]! - 1;
        jobs.shift();
      }
      jobs.push({ at, persons: Int32Array.from(persons) });
      while (recent.length < people.size) recent.push(0);
      for (const person of persons) {
        const count = recent[person]! + 1;
        recent[person] = count;
        if (count > most) most = count;
        if (count > mostJobsPerPerson) flaggedAt.set(person, at);
      }
    },

    isFlagged(person: number, at: number): boolean {
      const since = flaggedAt.get(person);
      return since !== undefined && at < since + flagMilliseconds;
    },

    /** The most jobs within 24 hours that any one person has been in so far, and how many people were ever flagged. */
    summary: () => ({ maxJobsPerPerson: most, flagged: flaggedAt.size }),
  };
}

export type Touches = ReturnType<typeof makeTouches>;
