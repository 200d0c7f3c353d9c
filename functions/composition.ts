// Where the app is put together: settings and Azure clients in, use cases out. The one place that knows every room.
import { makeAudit, type Audit } from '../shared/access/audit';
import { makeConnectionStore, type ConnectionStore } from '../shared/connections/connection-store';
import { makeBudget } from '../shared/constant-contact/budget';
import { makeConstantContact, type ConstantContact } from '../shared/constant-contact/client';
import { makeTokenEndpoint } from '../shared/constant-contact/token-endpoint';
import { LONGEST_REFRESH_CALL_MILLISECONDS, makeTokens } from '../shared/constant-contact/tokens';
import { makeExportStore, type ExportStore } from '../shared/exports/export-store';
import type { BlobStore } from '../shared/platform/blobs';
import { systemClock, type Clock } from '../shared/platform/clock';
import type { Log } from '../shared/platform/log';
import { openPlatform, type Platform } from '../shared/platform/open-platform';
import type { Settings } from '../shared/platform/settings';
import { makeAwaitImports, type AwaitImports } from '../shared/runs/await-imports';
import { makeCloseRun, type CloseRun } from '../shared/runs/close-run';
import { makeImportBatch, type ImportBatch } from '../shared/runs/import-batch';
import { makeImportStore } from '../shared/runs/import-store';
import { makeOpenRun, type OpenRun } from '../shared/runs/open-run';
import { makePrepareBatches, type PrepareBatches } from '../shared/runs/prepare-batches';
import { makeRunStore, type RunStore } from '../shared/runs/run-store';
import { makeStartRun, type StartRun } from '../shared/runs/start-run';
import type { ExportRunInput } from '../shared/runs/steps';
import { makeTick, type Tick } from '../shared/schedule/tick';
import { makeRowCounts, type RowCounts } from '../shared/segments/row-counts';
import { makeSegmentSource, type SegmentSource } from '../shared/segments/segment-source';
import { log as invocationLog } from './invocation';

export interface Deps {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly log: Log;
  /** Makes tables and containers that are not there yet; cheap after the first time. */
  readonly ready: () => Promise<void>;
  readonly audit: Audit;
  readonly exports: ExportStore;
  readonly connections: ConnectionStore;
  readonly runs: RunStore;
  readonly segments: SegmentSource;
  readonly rowCounts: RowCounts;
  /** The blobs that runs leave: manifests, batch files, rejects, reports. */
  readonly files: BlobStore;
  readonly startRun: StartRun;
  readonly openRun: OpenRun;
  readonly prepareBatches: PrepareBatches;
  readonly importBatch: ImportBatch;
  readonly awaitImports: AwaitImports;
  readonly closeRun: CloseRun;
  readonly tick: Tick;
  readonly orchestrationInput: (runId: string) => ExportRunInput;
}

/** Whole ones: 1.001 times 1,000 is a little less than 1,001. */
const milliseconds = (seconds: number) => Math.round(seconds * 1000);

/** The secret of the Constant Contact app, in Key Vault. */
const clientSecretName = 'constant-contact-client-secret';

/** What the app stands on; tests hand in another. */
export interface Ground {
  readonly platform: Platform;
  readonly clock: Clock;
  readonly log: Log;
}

export function compose(
  settings: Settings,
  { platform, clock, log }: Ground = {
    platform: openPlatform(settings),
    clock: systemClock,
    log: invocationLog,
  },
): Deps {
  const { secrets, lease, tables, files } = platform;

  const clientId = settings.CONSTANT_CONTACT_CLIENT_ID;
  const budget = makeBudget({
    table: tables.budget,
    clientId,
    clock,
    log,
    perSecond: settings.CONSTANT_CONTACT_REQUESTS_PER_SECOND,
    perDay: settings.CONSTANT_CONTACT_REQUESTS_PER_DAY,
  });
  const endpoint = makeTokenEndpoint({
    fetch,
    tokenUrl: settings.CONSTANT_CONTACT_TOKEN_URL,
    clientId,
    clientSecretName,
    secrets,
    // Source: Constant Contact's support staff, one request a second at the token endpoint.
    budget: makeBudget({ table: tables.budget, clientId, purpose: 'token', clock, log, perSecond: 1 }),
    clock,
    log,
    timeoutMs: Math.min(milliseconds(settings.REQUEST_TIMEOUT_SECONDS), LONGEST_REFRESH_CALL_MILLISECONDS),
  });
  const tokens = makeTokens({ secrets, lease, endpoint, clock, log });
  const constantContact = (connectionId: string): ConstantContact =>
    makeConstantContact({
      fetch,
      apiUrl: settings.CONSTANT_CONTACT_API_URL,
      accessToken: (options) => tokens.accessToken(connectionId, options),
      budget,
      log,
      clock,
      requestTimeoutMs: milliseconds(settings.REQUEST_TIMEOUT_SECONDS),
    });

  const segments = makeSegmentSource({
    blobs: platform.segmentBlobs,
    containerUrl: platform.segmentContainerUrl,
    prefix: settings.SEGMENT_PREFIX,
    layout: settings.SEGMENT_LAYOUT,
    backslashEscapes: settings.CSV_BACKSLASH_ESCAPES,
  });

  const exports = makeExportStore(tables.exports);
  const connections = makeConnectionStore(tables.connections);
  const runs = makeRunStore(tables.runs);
  const imports = makeImportStore(tables.imports);
  const rowCounts = makeRowCounts(tables.segments);
  const startRun = makeStartRun({ runs, clock, log });
  const closeRun = makeCloseRun({ runs, imports, files, clock, log });
  const limits = {
    deadline: milliseconds(settings.IMPORT_DEADLINE_SECONDS),
    settle: milliseconds(settings.IMPORT_SETTLE_SECONDS),
  };

  return {
    settings,
    clock,
    log,
    ready: platform.ready,
    audit: makeAudit({ table: tables.audit, clock, log }),
    exports,
    connections,
    runs,
    segments,
    rowCounts,
    files,
    startRun,
    closeRun,
    openRun: makeOpenRun({ runs, exports, connections, segments, constantContact, files, clock }),
    prepareBatches: makePrepareBatches({
      runs,
      segments,
      rowCounts,
      files,
      log,
      limits: { maxContacts: settings.MAX_CONTACTS, maxMalformedShare: settings.MAX_MALFORMED_PERCENT / 100 },
    }),
    importBatch: makeImportBatch({
      runs,
      imports,
      files,
      constantContact,
      clock,
      log,
      claim: milliseconds(settings.CLAIM_SECONDS),
      requestTimeout: milliseconds(settings.REQUEST_TIMEOUT_SECONDS),
      settle: milliseconds(settings.IMPORT_SETTLE_SECONDS),
    }),
    awaitImports: makeAwaitImports({ runs, imports, files, constantContact, clock, log, limits }),
    tick: makeTick({
      exports,
      runs,
      segments,
      startRun,
      closeRun,
      clock,
      log,
      settle: milliseconds(settings.SEGMENT_SETTLE_SECONDS),
    }),
    orchestrationInput: (runId) => ({
      runId,
      concurrency: settings.IMPORT_CONCURRENCY,
      pollFirst: milliseconds(settings.POLL_FIRST_SECONDS),
      pollLongest: milliseconds(settings.POLL_LONGEST_SECONDS),
      requestsPerSecond: settings.CONSTANT_CONTACT_REQUESTS_PER_SECOND,
    }),
  };
}
