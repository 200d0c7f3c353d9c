// Every HTTP function of the app, in the order of the API's outline.
import type { Deps } from '../composition';
import { acceptConsent } from './connections/accept-consent';
import { cancelRun } from './runs/cancel-run';
import { changeConnection } from './connections/change-connection';
import { changeExport } from './exports/change-export';
import { changeSchedule } from './schedule/change-schedule';
import { createConnection } from './connections/create-connection';
import { createContactList } from './connections/create-contact-list';
import { createExport } from './exports/create-export';
import { duplicateExport } from './exports/duplicate-export';
import { finishSignIn } from './connections/finish-sign-in';
import { listAudit } from './audit/list-audit';
import { listConnections } from './connections/list-connections';
import { listContactLists } from './connections/list-contact-lists';
import { listCustomFields } from './connections/list-custom-fields';
import { listExports } from './exports/list-exports';
import { listRuns } from './runs/list-runs';
import { listSegments } from './segments/list-segments';
import { live } from './health/live';
import { openApi } from './open-api';
import { previewExport } from './exports/preview-export';
import { previewSegment } from './segments/preview-segment';
import { readConnection } from './connections/read-connection';
import { readConsent } from './connections/read-consent';
import { readExport } from './exports/read-export';
import { readRejects } from './runs/read-rejects';
import { readRun } from './runs/read-run';
import { readSchedule } from './schedule/read-schedule';
import { ready } from './health/ready';
import { removeConnection } from './connections/remove-connection';
import { removeExport } from './exports/remove-export';
import { rescheduleExports } from './exports/reschedule-exports';
import { retryRun } from './runs/retry-run';
import type { Route } from './route';
import { runAll } from './runs/run-all';
import { startRun } from './runs/start-run';
import { startSignIn } from './connections/start-sign-in';

export function routesOf(deps: Deps): readonly Route[] {
  const routes: Route[] = [
    listSegments,
    previewSegment,
    listConnections,
    createConnection,
    readConnection,
    changeConnection,
    removeConnection,
    readConsent,
    acceptConsent,
    startSignIn,
    listContactLists,
    createContactList,
    listCustomFields,
    finishSignIn,
    listExports,
    createExport,
    previewExport,
    rescheduleExports,
    readExport,
    changeExport,
    removeExport,
    duplicateExport,
    startRun,
    listRuns,
    runAll,
    readRun,
    cancelRun,
    retryRun,
    readRejects,
    readSchedule,
    changeSchedule,
    listAudit,
    live,
    ready,
  ].map((make) => make(deps));
  return [...routes, openApi(routes)];
}
