// Closes a run in repeatable steps: report, final row and release of the export, removal of what was temporary.
import type { z } from 'zod';
import { readManifest, type Batch, type Manifest } from '../contacts/manifest';
import type { BlobStore } from '../platform/blobs';
import type { Clock } from '../platform/clock';
import type { Log } from '../platform/log';
import { account, verdict, type Account } from './accounting';
import type { ImportRecord } from './import-record';
import type { ImportStore } from './import-store';
import { jobMessagesSchema, messagesBlob, messagesFolder } from './job-messages';
import { planSchema } from './plan';
import { refusedRows } from './refused-rows';
import { unavailable } from './remedy';
import { folderOf, isOver, rejectsBlob, type Reason, type Run } from './run';
import type { RunStore } from './run-store';
import type { Closing, closeRunInput } from './steps';

export interface CloseRunDeps {
  readonly runs: RunStore;
  readonly imports: ImportStore;
  readonly files: BlobStore;
  readonly clock: Clock;
  readonly log: Log;
}

export type CloseRun = (input: z.output<typeof closeRunInput>) => Promise<void>;

const closingReasons: Readonly<Record<Closing, Reason | null>> = {
  done: null,
  changing: {
    code: 'segment-changing',
    sentence:
      'The files of the segment kept changing, or were missing, while they were read, so nothing was sent. Run the export when the segment has been written.',
  },
  away: {
    code: unavailable.code,
    sentence:
      'Constant Contact could not be reached, or answered with faults, again and again. Nothing was sent. Run the export again later.',
  },
  broken: {
    code: 'internal',
    sentence:
      'A part of the app failed again and again; the log says which. Run the export again, or ask an operator.',
  },
};

/** The rejects file is written in blocks of this size. */
const blockBytes = 4 * 1024 * 1024;

export function makeCloseRun(deps: CloseRunDeps): CloseRun {
  const { runs, imports, files, clock, log } = deps;

  return async ({ runId, reason }) => {
    const folder = folderOf(runId);
    if (!(await runs.get(runId))) return;
    // The reason first: who still works on a batch claims it before and looks at the run after, so that no claim is missed below.
    let run = await runs.update(runId, (before) => ({
      ...before,
      reason: before.reason ?? closingReasons[reason],
    }));
    const manifest = await readManifest(files, folder);
    const records = (await imports.all(runId)).map(({ value }) => value);

    if (!isOver(run.status)) {
      const rejects = manifest ? await completeRejects(runId, manifest, records) : run.rejects;
      const sum = manifest ? account(manifest, records) : null;
      const ended = ending(run, sum);
      await files.write(
        `${folder}report.json`,
        JSON.stringify({
          ...ended,
          warnings: sum?.warnings ?? [],
          batches: manifest ? fates(manifest, records) : [],
        }),
        'application/json',
      );
      run = await runs.finish(runId, (before) => ({
        ...before,
        ...ending(before, sum),
        endedAt: new Date(clock.now()).toISOString(),
        rejectedByReason: manifest?.rejectedByReason ?? before.rejectedByReason,
        cutByField: manifest?.cutByField ?? before.cutByField,
        rejects,
      }));
      log.info('run.ended', {
        run: runId,
        export: run.exportId,
        connection: run.connectionId,
        trigger: run.trigger.kind,
        outcome: run.status,
        reason: run.reason?.code,
        seconds: Math.round((clock.now() - Date.parse(run.createdAt)) / 1000),
        ...run.counts,
      });
    }
    await removeTemporary(run, manifest, records);
  };

  function ending(run: Run, sum: Account | null): Pick<Run, 'status' | 'reason' | 'counts' | 'warnings'> {
    return {
      ...verdict({ cancelRequested: run.cancelRequested, reason: run.reason, account: sum }),
      counts: sum?.counts ?? run.counts,
      warnings: shownWarnings(sum?.warnings ?? []),
    };
  }

  /** Puts what Constant Contact said about single rows behind what prepare rejected. @returns the blob of the complete file. */
  async function completeRejects(
    runId: string,
    manifest: Manifest,
    records: readonly ImportRecord[],
  ): Promise<string> {
    // Of the last attempts only: what an earlier one complained about, the later one may have taken.
    const last = new Set(records.map(({ batch, attempt }) => messagesBlob(runId, batch, attempt)));
    const told = (await Array.fromAsync(files.list(messagesFolder(runId)))).filter(({ name }) =>
      last.has(name),
    );
    const prepared = await files.facts(manifest.rejects);
    if (told.length === 0 || !prepared) return manifest.rejects;

    const upload = files.upload(rejectsBlob(runId), 'text/csv; charset=utf-8');
    const pending: Buffer[] = [];
    const append = async (bytes: Buffer) => {
      pending.push(bytes);
      if (pending.reduce((sum, { length }) => sum + length, 0) >= blockBytes) await flush();
    };
    const flush = () => upload.append(Buffer.concat(pending.splice(0)));
    for await (const chunk of await files.stream(prepared.name, prepared.etag)) await append(chunk as Buffer);
    const inClear = await addressesInClear(runId);
    for (const { name } of told) {
      const found = await files.read(name);
      if (!found) continue;
      const messages = jobMessagesSchema.parse(JSON.parse(found.content.toString('utf8')));
      const entry = manifest.batches[messages.batch - 1];
      if (!entry) continue;
      const file = await files.read(entry.blob);
      await append(Buffer.from(refusedRows(messages, entry, file?.content, inClear)));
    }
    if (pending.length > 0) await flush();
    await upload.commit();
    return rejectsBlob(runId);
  }

  async function addressesInClear(runId: string): Promise<boolean> {
    const plan = (await Array.fromAsync(files.list(`${folderOf(runId)}plan-`))).at(-1);
    const found = plan && (await files.read(plan.name));
    return (
      found !== undefined && planSchema.parse(JSON.parse(found.content.toString('utf8'))).addressesInClear
    );
  }

  /** Keeps the manifest, the report, the rejects, and the files of batches that did not go through, for a later try. */
  async function removeTemporary(
    run: Run,
    manifest: Manifest | undefined,
    records: readonly ImportRecord[],
  ): Promise<void> {
    const through = new Set(records.filter(({ state }) => state === 'completed').map(({ batch }) => batch));
    const kept = new Set([
      ...(manifest?.batches ?? []).filter(({ number }) => !through.has(number)).map(({ blob }) => blob),
      ...(run.rejects === null ? [] : [run.rejects]),
      `${folderOf(run.id)}manifest.json`,
      `${folderOf(run.id)}report.json`,
    ]);
    for await (const { name } of files.list(folderOf(run.id))) {
      if (!kept.has(name)) await files.remove(name);
    }
    await imports.removeAll(run.id);
  }
}

/** A run's row holds the first warnings; the report holds all. */
const mostWarnings = 20;

function shownWarnings(warnings: readonly string[]): string[] {
  const more = warnings.length - mostWarnings;
  return [...warnings.slice(0, mostWarnings), ...(more > 0 ? [`There are ${more} more warnings.`] : [])];
}

/** What became of each batch, for the report. */
function fates(manifest: Manifest, records: readonly ImportRecord[]): object[] {
  const byBatch = new Map(records.map((record) => [record.batch, record]));
  return manifest.batches.map(({ number, wave, contacts, columns }: Batch) => {
    const record = byBatch.get(number);
    return {
      batch: number,
      wave,
      contacts,
      columns,
      attempts: record?.attempt ?? 0,
      state: record?.state ?? 'not-sent',
      ended: record?.ended ?? null,
      job: record?.jobId ?? null,
      counters: record?.counters ?? null,
    };
  });
}
