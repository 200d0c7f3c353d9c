// A process that prepares batch files from shards, file to file, with the app's own reader and preparation.
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { prepare } from '../../shared/contacts/prepare';
import type { Manifest } from '../../shared/contacts/manifest';
import { makeSegmentSource } from '../../shared/segments/segment-source';
import { segmentName } from './data-set';
import { makeFileBlobs } from './file-blobs';
import { answerJobs } from './measured-process';
import { mapping } from './bench-export';

export interface TransformJob {
  /** With shards and `model.json`. */
  readonly input: string;
  readonly containerUrl: string;
  /** Is emptied first. */
  readonly output: string;
}

export interface Transformed {
  readonly seconds: number;
  readonly manifest: Manifest;
}

export async function transform({ input, output, containerUrl }: TransformJob): Promise<Transformed> {
  await rm(output, { recursive: true, force: true });
  const source = makeSegmentSource({
    blobs: makeFileBlobs(input),
    containerUrl,
    prefix: '',
    layout: 'customer-insights',
    backslashEscapes: false,
  });
  const segments = await source.open([segmentName]);
  const started = performance.now();
  const result = await prepare(
    { read: (shard, columns, sink) => source.read(shard, columns, sink), store: makeFileBlobs(output) },
    {
      runId: 'bench',
      execution: randomUUID(),
      segments,
      mapping,
      limits: { maxContacts: 1_000_000, maxMalformedShare: 0.05 },
      addressesInClear: false,
      folder: '',
    },
  );
  const seconds = (performance.now() - started) / 1000;
  if (result.kind !== 'prepared') throw new Error(`preparing was refused: ${result.reason.sentence}`);
  return { seconds, manifest: result.manifest };
}

export const batchPaths = (output: string, manifest: Manifest): string[] =>
  manifest.batches.map(({ blob }) => join(output, blob));

if (require.main === module) answerJobs(transform);
