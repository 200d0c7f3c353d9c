// Where the app is put together: settings and Azure clients in, use cases out. The one place that knows every room.
import { makeAudit, type Audit } from '../shared/access/audit';
import type { ConnectionStore } from '../shared/connections/connection-store';
import { wasSignedIn, type Health } from '../shared/connections/health';
import type { KeepAlive } from '../shared/connections/keep-alive';
import type { ManageConnections } from '../shared/connections/manage-connections';
import type { RemoveConnection } from '../shared/connections/remove';
import type { ReportHealth } from '../shared/connections/report-health';
import type { SignIn } from '../shared/connections/sign-in';
import type { ConstantContact } from '../shared/constant-contact/client';
import { makeCheckExport, type CheckExport } from '../shared/exports/check-export';
import { makeConnectionExports } from '../shared/exports/connection-exports';
import { makeExportStore, type ExportStore } from '../shared/exports/export-store';
import { makePreviewExport, type PreviewExport } from '../shared/exports/preview-export';
import { makePreviewSegment, type PreviewSegment } from '../shared/exports/preview-segment';
import type { BlobStore } from '../shared/platform/blobs';
import { systemClock, type Clock } from '../shared/platform/clock';
import type { Log } from '../shared/platform/log';
import { openPlatform } from '../shared/platform/open-platform';
import type { Readiness } from '../shared/platform/readiness';
import type { Settings } from '../shared/platform/settings';
import { makeAwaitImports, type AwaitImports } from '../shared/runs/await-imports';
import { makeCloseRun, type CloseRun } from '../shared/runs/close-run';
import { countingRequests } from '../shared/runs/count-requests';
import { makeImportBatch, type ImportBatch } from '../shared/runs/import-batch';
import { makeImportStore } from '../shared/runs/import-store';
import { makeLeftovers, type Leftovers } from '../shared/runs/leftovers';
import { makeOldestOpenJob } from '../shared/runs/oldest-open-job';
import { makeOpenRun, type OpenRun } from '../shared/runs/open-run';
import { makePrepareBatches, type PrepareBatches } from '../shared/runs/prepare-batches';
import { makeRepair } from '../shared/runs/repair';
import { makeRemoveOldRuns, type RemoveOldRuns } from '../shared/runs/retention';
import { makeRetryRun, type RetryRun } from '../shared/runs/retry-run';
import { makeRunDetails, type RunDetails } from '../shared/runs/run-details';
import { makeRunStore, type RunStore } from '../shared/runs/run-store';
import { makeStartRun, type StartRun } from '../shared/runs/start-run';
import type { ExportRunInput } from '../shared/runs/steps';
import { makeRefreshSchedule, type RefreshScheduleStore } from '../shared/schedule/refresh-schedule';
import { makeScheduleStore } from '../shared/schedule/schedule-store';
import { makeStartAtTimes } from '../shared/schedule/start-at-times';
import { makeStartOnNewData } from '../shared/schedule/start-on-new-data';
import { makeTakeAsKnown, type TakeAsKnown } from '../shared/schedule/take-as-known';
import { makeTick, type Tick } from '../shared/schedule/tick';
import { makeRowCounts, type RowCounts } from '../shared/segments/row-counts';
import { makeSegmentSource, type SegmentSource } from '../shared/segments/segment-source';
import { composeConnections } from './compose-connections';
import type { Ground } from './ground';
import { log as invocationLog } from './invocation';
import { milliseconds } from './milliseconds';
import { readinessOf } from './readiness';

export interface Deps {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly log: Log;
  /** Makes tables and containers that are not there yet; cheap after the first time. */
  readonly ready: () => Promise<void>;
  readonly readiness: Readiness;
  readonly audit: Audit;
  readonly exports: ExportStore;
  readonly connections: ConnectionStore;
  readonly manageConnections: ManageConnections;
  readonly signIn: SignIn;
  readonly health: Health;
  readonly keepAlive: KeepAlive;
  readonly reportHealth: ReportHealth;
  /** @param wake cuts short what a run waits for, so that it sees that it shall stop. */
  readonly removeConnection: (wake: (runId: string) => Promise<void>) => RemoveConnection;
  /** Calls with the tokens of a connection. */
  readonly constantContact: (connectionId: string) => ConstantContact;
  readonly runs: RunStore;
  readonly segments: SegmentSource;
  readonly rowCounts: RowCounts;
  /** The blobs that runs leave: manifests, batch files, rejects, reports. */
  readonly files: BlobStore;
  readonly startRun: StartRun;
  readonly retryRun: RetryRun;
  readonly runDetails: RunDetails;
  readonly removeOldRuns: RemoveOldRuns;
  readonly openRun: OpenRun;
  readonly prepareBatches: PrepareBatches;
  readonly importBatch: ImportBatch;
  readonly awaitImports: AwaitImports;
  readonly closeRun: CloseRun;
  readonly leftovers: Leftovers;
  readonly refreshSchedule: RefreshScheduleStore;
  readonly takeAsKnown: TakeAsKnown;
  readonly checkExport: CheckExport;
  readonly previewExport: PreviewExport;
  readonly previewSegment: PreviewSegment;
  readonly tick: Tick;
  readonly orchestrationInput: (runId: string) => ExportRunInput;
}

export function compose(
  settings: Settings,
  ground: Ground = {
    platform: openPlatform(settings),
    clock: systemClock,
    log: invocationLog,
  },
): Deps {
  const { platform, clock, log } = ground;
  const { tables, files } = platform;

  const { removeConnection, budget, ...constantContactParts } = composeConnections(settings, ground);
  const { connections, constantContact } = constantContactParts;

  const segments = makeSegmentSource({
    blobs: platform.segmentBlobs,
    containerUrl: platform.segmentContainerUrl,
    prefix: settings.SEGMENT_PREFIX,
    layout: settings.SEGMENT_LAYOUT,
    backslashEscapes: settings.CSV_BACKSLASH_ESCAPES,
  });

  const exports = makeExportStore(tables.exports);
  const runs = makeRunStore(tables.runs);
  const imports = makeImportStore(tables.imports);
  const rowCounts = makeRowCounts(tables.segments);
  const startRun = makeStartRun({ runs, clock, log });
  const leftovers = makeLeftovers({
    runs,
    imports,
    files,
    table: tables.runs,
    clock,
    log,
    late: milliseconds(settings.RUN_CLEANUP_SECONDS),
  });
  const closeRun = makeCloseRun({
    runs,
    imports,
    files,
    leftovers,
    clock,
    log,
    retryPauses: settings.RUN_RETRY_SECONDS.map(milliseconds),
  });
  const refreshSchedule = makeRefreshSchedule({ table: tables.schedule, clock });
  const schedules = makeScheduleStore(tables.schedule);
  const limits = {
    deadline: milliseconds(settings.IMPORT_DEADLINE_SECONDS),
    settle: milliseconds(settings.IMPORT_SETTLE_SECONDS),
  };

  return {
    settings,
    clock,
    log,
    ready: platform.ready,
    readiness: readinessOf(platform),
    audit: makeAudit({ table: tables.audit, clock, log }),
    ...constantContactParts,
    removeConnection: (wake) => removeConnection(makeConnectionExports({ exports, runs, clock, wake })),
    exports,
    runs,
    segments,
    rowCounts,
    files,
    startRun,
    closeRun,
    leftovers,
    retryRun: makeRetryRun({
      runs,
      exports,
      imports,
      leftovers,
      constantContact,
      files,
      clock,
      log,
      settle: limits.settle,
    }),
    runDetails: makeRunDetails({ imports, files }),
    removeOldRuns: makeRemoveOldRuns({
      runs,
      exports,
      imports,
      files,
      table: tables.runs,
      clock,
      log,
      keep: milliseconds(settings.RUN_RETENTION_DAYS * 86_400),
    }),
    openRun: countingRequests(constantContact, (counted) =>
      makeOpenRun({
        runs,
        exports,
        connections,
        segments,
        constantContact: counted,
        files,
        clock,
        awayPause: milliseconds(settings.AWAY_PAUSE_SECONDS),
        withoutNewData: settings.RUN_WITHOUT_NEW_DATA,
      }),
    ),
    prepareBatches: makePrepareBatches({
      runs,
      exports,
      segments,
      rowCounts,
      files,
      log,
      limits: { maxContacts: settings.MAX_CONTACTS, maxMalformedShare: settings.MAX_MALFORMED_PERCENT / 100 },
    }),
    importBatch: countingRequests(constantContact, (counted) =>
      makeImportBatch({
        runs,
        imports,
        files,
        constantContact: counted,
        clock,
        log,
        claim: milliseconds(settings.CLAIM_SECONDS),
        requestTimeout: milliseconds(settings.REQUEST_TIMEOUT_SECONDS),
        settle: milliseconds(settings.IMPORT_SETTLE_SECONDS),
      }),
    ),
    awaitImports: countingRequests(constantContact, (counted) =>
      makeAwaitImports({ runs, imports, files, constantContact: counted, clock, log, limits }),
    ),
    refreshSchedule,
    takeAsKnown: makeTakeAsKnown({ runs, schedules, segments, log }),
    checkExport: makeCheckExport({
      segments,
      constantContact,
      wasSignedIn: (connection) => wasSignedIn(constantContactParts.health, connection),
      clock,
    }),
    previewExport: makePreviewExport({ segments }),
    previewSegment: makePreviewSegment({ segments }),
    tick: makeTick({
      exports,
      runs,
      refreshSchedule,
      schedules,
      segments,
      repair: makeRepair({ runs, closeRun, log }),
      startOnNewData: makeStartOnNewData({
        runs,
        startRun,
        clock,
        settle: milliseconds(settings.SEGMENT_SETTLE_SECONDS),
      }),
      startAtTimes: makeStartAtTimes({
        schedules,
        runs,
        startRun,
        clock,
        log,
        missedAfter: milliseconds(settings.SCHEDULE_MISSED_SECONDS),
      }),
      oldestOpenJob: makeOldestOpenJob(imports),
      budget,
      clock,
      log,
    }),
    orchestrationInput: (runId) => ({
      runId,
      concurrency: settings.IMPORT_CONCURRENCY,
      pollFirst: milliseconds(settings.POLL_FIRST_SECONDS),
      pollLongest: milliseconds(settings.POLL_LONGEST_SECONDS),
      requestsPerSecond: settings.CONSTANT_CONTACT_REQUESTS_PER_SECOND,
      retryFirst: milliseconds(settings.RETRY_FIRST_SECONDS),
    }),
  };
}
