// Runs `prepare` on plain arrays against blobs in memory, and reads back what it wrote the way a receiver would.
import { parse } from 'csv-parse/sync';
import type { Manifest } from '../../shared/contacts/manifest';
import type { Mapping } from '../../shared/contacts/mapping';
import {
  prepare,
  type PrepareDeps,
  type PrepareInput,
  type PrepareResult,
} from '../../shared/contacts/prepare';
import { makeMemoryBlobs, type MemoryBlobs } from '../support/memory-blobs';
import { feed, type SegmentRows } from './feeder';

export const folder = 'runs/r1/';

export interface Options extends Partial<Omit<PrepareInput, 'segments' | 'mapping'>> {
  readonly store?: MemoryBlobs;
  readonly checkpoint?: () => Promise<void>;
  readonly read?: PrepareDeps['read'];
}

export async function run(
  segments: readonly SegmentRows[],
  mapping: Mapping,
  { store = makeMemoryBlobs(), checkpoint, read, ...input }: Options = {},
): Promise<{ store: MemoryBlobs; result: PrepareResult }> {
  const feeder = feed(segments);
  const result = await prepare(
    { read: read ?? feeder.read, store, ...(checkpoint && { checkpoint }) },
    {
      runId: 'r1',
      execution: 'x1',
      segments: feeder.segments,
      mapping,
      limits: { maxContacts: 1_000_000, maxMalformedShare: 0.05 },
      addressesInClear: false,
      folder,
      ...input,
    },
  );
  return { store, result };
}

export async function prepared(
  segments: readonly SegmentRows[],
  mapping: Mapping,
  options: Options = {},
): Promise<{ store: MemoryBlobs; manifest: Manifest }> {
  const { store, result } = await run(segments, mapping, options);
  if (result.kind !== 'prepared') throw new Error(`refused: ${result.reason.sentence}`);
  return { store, manifest: result.manifest };
}

export type Cells = Record<string, string>;

/** The lines of a CSV blob as objects; a line of the wrong width is an error. */
export const linesOf = (store: Pick<MemoryBlobs, 'text'>, blob: string): Cells[] =>
  parse(store.text(blob), { columns: true, bom: true });

export interface Received {
  /** Address -> the fields that it ends up with. */
  readonly people: Map<string, Cells>;
  /** Address -> in how many jobs it was. */
  readonly jobs: Map<string, number>;
  readonly blankCells: number;
}

/**
 * Plays Constant Contact: applies the files in the order of the waves as upserts. @throws when a file breaks a limit, is not what
 * the manifest says, or when a wave has somebody twice.
 */
export function receive(store: MemoryBlobs, manifest: Manifest): Received {
  const people = new Map<string, Cells>();
  const jobs = new Map<string, number>();
  const waves = new Map<number, Set<string>>();
  let blankCells = 0;
  let wave = 0;
  for (const [index, batch] of manifest.batches.entries()) {
    expect(batch.number).toBe(index + 1);
    expect(batch.wave).toBeGreaterThanOrEqual(wave);
    wave = batch.wave;
    const bytes = store.blobs.get(batch.blob)?.content.length ?? 0;
    expect(bytes).toBe(batch.bytes);
    expect(bytes).toBeLessThanOrEqual(3_896_000);
    const lines = linesOf(store, batch.blob);
    expect(lines).toHaveLength(batch.contacts);
    expect(lines.length).toBeLessThanOrEqual(39_999);
    expect(store.text(batch.blob).split('\r\n', 1)).toEqual([batch.columns.join(',')]);
    const inWave = waves.get(batch.wave) ?? new Set();
    waves.set(batch.wave, inWave);
    for (const { email, ...fields } of lines) {
      if (email === undefined || inWave.has(email)) throw new Error(`wave ${batch.wave} has a person twice`);
      if (batch.wave > 0 && !people.has(email))
        throw new Error(`wave ${batch.wave} has a person whom no wave before it has`);
      inWave.add(email);
      blankCells += Object.values(fields).filter((value) => value === '').length;
      people.set(email, { ...people.get(email), ...fields });
      jobs.set(email, (jobs.get(email) ?? 0) + 1);
    }
  }
  return { people, jobs, blankCells };
}
