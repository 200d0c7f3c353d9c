// The emulated account: everything that can change, changed in one place, so that what is kept can be replayed.
import { randomUUID } from 'node:crypto';
import { importSteps, type ImportResult } from './import-rows';
import type { Upload } from './import-upload';
import { countersOf, makeJobs, type EndState, type Job, type JobPlan } from './jobs';
import type { Change, Journal } from './journal';
import { makeCustomFields, makeLists, newCustomField, newList, type CustomField, type List } from './lists';
import type { Client, Configuration } from './options';
import { makePeople, type People } from './people';
import { seedSchema, type Seed } from './seed';
import { makeTokens, newSet, type Consent, type IssuedSet } from './tokens';
import { makeTouches } from './touches';

/** The import whose rows are being written in steps; its time is over, at `at`. */
interface Ahead {
  readonly job: Job;
  readonly at: number;
  readonly steps: Generator<void, ImportResult>;
}

export function makeAccount(configuration: Configuration, journal: Journal) {
  const { limits, switches } = configuration;
  const lists = makeLists();
  const fields = makeCustomFields();
  const people = makePeople();
  const touches = makeTouches(people);
  const jobs = makeJobs();
  const tokens = makeTokens();
  let ahead: Ahead | undefined;

  function apply(change: Change): void {
    switch (change.type) {
      case 'list':
        lists.put(change.list);
        break;
      case 'list-deleted':
        lists.delete(change.id, change.at);
        break;
      case 'field':
        fields.put(change.field);
        break;
      case 'person':
        putPerson(people, change);
        break;
      case 'job': {
        const content = change.job.ended ? undefined : journal.file(change.job.id);
        jobs.add({ ...change.job, ...(content && { content }) });
        break;
      }
      case 'job-ended':
        end(change.id, change.state, change.at);
        break;
      case 'tokens':
        tokens.add(change.set);
        break;
      case 'tokens-revoked':
        tokens.revoke(change.which);
        break;
    }
  }

  const stepsOf = ({ listIds, createdAt }: Job, content: Buffer, at: number) =>
    importSteps({ content, listIds, createdAt, at }, { people, touches, limits, switches });

  function finish(steps: Generator<void, ImportResult>): ImportResult {
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
    }
  }

  /** @param done what the import did, when it has been run already. */
  function end(id: string, state: EndState, at: number, done?: ImportResult): void {
    const job = jobs.get(id);
    if (!job || job.ended) return;
    const completes = state === 'completed';
    if (completes && job.kind === 'list-delete') job.listIds.forEach((list) => lists.delete(list, at));
    if (completes && job.content) {
      const { messages, ...result } = done ?? finish(stepsOf(job, job.content, at));
      job.result = result;
      jobs.end(job, { state, at, messages, counters: countersOf(job, result, state) });
    } else {
      jobs.end(job, { state, at, messages: [], counters: countersOf(job, undefined, state) });
    }
  }

  /** Ends the job whose rows are being written, by writing the rest of them. */
  function settleAhead(result?: ImportResult): void {
    if (!ahead) return;
    const { job, at, steps } = ahead;
    ahead = undefined;
    const change = { type: 'job-ended', id: job.id, state: 'completed', at } as const;
    end(job.id, change.state, at, result ?? finish(steps));
    journal.record(change);
  }

  function change(next: Change): void {
    apply(next);
    journal.record(next);
  }

  function addJob(job: Omit<Job, 'id' | 'milliseconds'>): Job {
    const id = randomUUID();
    const { content, ...accepted } = job;
    if (content) journal.keepFile(id, content);
    const milliseconds = job.plan.milliseconds ?? configuration.jobMilliseconds;
    const kept = { ...accepted, id, milliseconds };
    jobs.add({ ...kept, ...(content && { content }) });
    journal.record({ type: 'job', job: kept });
    return jobs.get(id)!;
  }

  const account = {
    lists,
    fields,
    people: people as Pick<
      People,
      'size' | 'find' | 'person' | 'members' | 'countMembers' | 'timesOf' | 'statusOf'
    >,
    touches,
    jobs,
    tokens,

    /** Takes up what was kept, and folds imports into the people that they left, so that the next start reads no file. */
    load(): void {
      let imported = false;
      for (const kept of journal.changes()) {
        apply(kept);
        imported ||= kept.type === 'job-ended';
      }
      if (!imported) return;
      journal.replace(currentState());
      for (const job of jobs.all()) if (job.ended) journal.dropFile(job.id);
    },

    /** Ends the jobs whose time has come. */
    advance(now: number): void {
      settleAhead();
      for (const { job, state, at } of jobs.due(now)) change({ type: 'job-ended', id: job.id, state, at });
    },

    /** The same in small steps, of which this is one. @returns whether there is more to do. */
    advanceAStep(now: number): boolean {
      if (!ahead) {
        const [next] = jobs.due(now);
        if (!next) return false;
        const { job, state, at } = next;
        if (state !== 'completed' || !job.content) {
          change({ type: 'job-ended', id: job.id, state, at });
          return true;
        }
        ahead = { job, at, steps: stepsOf(job, job.content, at) };
      }
      const step = ahead.steps.next();
      if (step.done) settleAhead(step.value);
      return true;
    },

    endJob(id: string, state: EndState, at: number): void {
      // A job whose rows are being written was over already.
      settleAhead();
      change({ type: 'job-ended', id, state, at });
    },

    createList(
      name: string,
      at: number,
      rest: { id?: string; description?: string; favorite?: boolean } = {},
    ): List {
      const list = newList(name, at, rest);
      change({ type: 'list', list });
      return list;
    },

    deleteList: (id: string, at: number): void => change({ type: 'list-deleted', id, at }),

    createField(label: string, type: string, at: number): CustomField {
      const field = newCustomField(label, type, at);
      change({ type: 'field', field });
      return field;
    },

    acceptImport: (upload: Upload, plan: JobPlan, at: number): Job =>
      addJob({ kind: 'import', plan, createdAt: at, ...upload }),

    acceptListDelete: (id: string, at: number): Job =>
      addJob({
        kind: 'list-delete',
        listIds: [id],
        createdAt: at,
        header: [],
        contacts: 0,
        dropped: { bytes: 0, contacts: 0 },
        plan: {},
      }),

    issue(consent: Consent, client: Client, at: number, present?: string): IssuedSet {
      const set = newSet(consent, client, at, present);
      change({ type: 'tokens', set });
      return set;
    },

    revokeTokens: (which: 'access' | 'all'): void => change({ type: 'tokens-revoked', which }),

    /** Adds what is not there yet; a person becomes what the seed says. Returns the lists that the seed names. */
    seed(seed: Seed, at: number): List[] {
      const { lists: wanted, customFields, contacts } = seedSchema.parse(seed);
      const named = wanted.map(
        ({ name, id }) => lists.named(name) ?? account.createList(name, at, id === undefined ? {} : { id }),
      );
      for (const { label, type } of customFields) {
        if (!fields.named(newCustomField(label, type, at).name)) account.createField(label, type, at);
      }
      for (const { address, status, lists: names, fields: values } of contacts) {
        const ids = names.map((name) => (lists.named(name) ?? account.createList(name, at)).id);
        change({
          type: 'person',
          at,
          createdAt: at,
          person: { address, status, lists: ids, fields: values },
        });
      }
      return named;
    },
  };

  function* currentState(): Generator<Change> {
    for (const list of lists.all()) yield { type: 'list', list };
    for (const field of fields.all()) yield { type: 'field', field };
    for (let person = 0; person < people.size; person += 1) {
      const { createdAt, updatedAt } = people.timesOf(person);
      yield { type: 'person', person: people.person(person), createdAt, at: updatedAt };
    }
    for (const job of jobs.all()) {
      const kept = { ...job };
      delete kept.content;
      yield { type: 'job', job: kept };
    }
    const sets = tokens.sets();
    for (const { set, live } of sets) if (!live) yield { type: 'tokens', set };
    yield { type: 'tokens-revoked', which: 'access' };
    for (const { set, live } of sets) if (live) yield { type: 'tokens', set };
  }

  return account;
}

export type Account = ReturnType<typeof makeAccount>;

function putPerson(people: People, { person, createdAt, at }: Extract<Change, { type: 'person' }>): void {
  const number = people.ensure(person.address.toLowerCase(), createdAt);
  people.setStatus(number, person.status);
  for (const list of person.lists) people.join(number, list);
  for (const [name, value] of Object.entries(person.fields)) people.setField(number, name, value);
  people.touch(number, at);
}
