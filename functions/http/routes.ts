// Every HTTP function of the app, in the order of the API's outline.
import type { Deps } from '../composition';
import { cancelRun } from './cancel-run';
import { listAudit } from './list-audit';
import { listSegments } from './list-segments';
import { live } from './live';
import { openApi } from './open-api';
import { readRejects } from './read-rejects';
import { readRun } from './read-run';
import type { Route } from './route';
import { startRun } from './start-run';

export function routesOf(deps: Deps): readonly Route[] {
  const routes: Route[] = [listSegments, startRun, readRun, cancelRun, readRejects, listAudit, live].map(
    (make) => make(deps),
  );
  return [...routes, openApi(routes)];
}
