// Every HTTP function of the app, in the order of the API's outline.
import type { Deps } from '../composition';
import { acceptConsent } from './accept-consent';
import { cancelRun } from './cancel-run';
import { changeConnection } from './change-connection';
import { changeExport } from './change-export';
import { changeSchedule } from './change-schedule';
import { createConnection } from './create-connection';
import { createContactList } from './create-contact-list';
import { createExport } from './create-export';
import { duplicateExport } from './duplicate-export';
import { finishSignIn } from './finish-sign-in';
import { listAudit } from './list-audit';
import { listConnections } from './list-connections';
import { listContactLists } from './list-contact-lists';
import { listCustomFields } from './list-custom-fields';
import { listExports } from './list-exports';
import { listRuns } from './list-runs';
import { listSegments } from './list-segments';
import { live } from './live';
import { openApi } from './open-api';
import { previewExport } from './preview-export';
import { previewSegment } from './preview-segment';
import { readConnection } from './read-connection';
import { readConsent } from './read-consent';
import { readExport } from './read-export';
import { readRejects } from './read-rejects';
import { readRun } from './read-run';
import { readSchedule } from './read-schedule';
import { ready } from './ready';
import { removeConnection } from './remove-connection';
import { removeExport } from './remove-export';
import { rescheduleExports } from './reschedule-exports';
import { retryRun } from './retry-run';
import type { Route } from './route';
import { runAll } from './run-all';
import { startRun } from './start-run';
import { startSignIn } from './start-sign-in';

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
