// Why nothing of a run is to be sent: the facts, and the sentence that says what to do.
import { z } from 'zod';
import { maxImportJobs } from './batch-files';

const whole = z.int().min(0);

export const refusalSchema = z.discriminatedUnion('code', [
  z.strictObject({
    code: z.literal('too-many-contacts'),
    sentence: z.string(),
    contacts: whole,
    /** Whether `contacts` is all there are; counting stops far above the limit. */
    countedAll: z.boolean(),
    limit: whole,
  }),
  z.strictObject({
    code: z.literal('too-many-malformed-rows'),
    sentence: z.string(),
    malformed: whole,
    read: whole,
    /** From 0 to 1. */
    maxShare: z.number(),
    /** Where most of them are. */
    segment: z.string(),
    shard: z.string(),
    malformedInShard: whole,
    readInShard: whole,
  }),
  z.strictObject({
    code: z.literal('too-many-import-jobs'),
    sentence: z.string(),
    limit: whole,
    fields: whole,
  }),
]);

export type Refusal = z.output<typeof refusalSchema>;

const number = (value: number) => value.toLocaleString('en-US');
const percent = (share: number) => `${number(Math.round(share * 10_000) / 100)} %`;

export const tooManyContacts = (contacts: number, limit: number, countedAll: boolean): Refusal => ({
  code: 'too-many-contacts',
  sentence:
    `Over the limit: the segments have ${countedAll ? '' : 'more than '}${number(contacts)} contacts, and the limit is ${number(limit)}. ` +
    'Choose smaller segments, or raise the limit.',
  contacts,
  countedAll,
  limit,
});

export interface MalformedRows {
  readonly malformed: number;
  readonly read: number;
  readonly segment: string;
  readonly shard: string;
  readonly malformedInShard: number;
  readonly readInShard: number;
}

export const tooManyMalformedRows = (facts: MalformedRows, maxShare: number): Refusal => ({
  code: 'too-many-malformed-rows',
  sentence:
    `${number(facts.malformed)} of ${number(facts.read)} rows (${percent(facts.malformed / facts.read)}) cannot be read, and at most ` +
    `${percent(maxShare)} may be so. Most of them are in segment ${facts.segment}, shard ${facts.shard}: ` +
    `${number(facts.malformedInShard)} of ${number(facts.readInShard)}. The rejects file names the rows; correct them at their source.`,
  ...facts,
  maxShare,
});

export const tooManyImportJobs = (fields: number): Refusal => ({
  code: 'too-many-import-jobs',
  sentence:
    `The contacts fill the ${number(fields)} optional fields in so many different ways that more than ${number(maxImportJobs)} ` +
    'import jobs would be needed. Map fewer optional fields.',
  limit: maxImportJobs,
  fields,
});
