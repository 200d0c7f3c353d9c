// An export as the HTTP API shows it: what is configured, how its last run went, when the next one is, and what the caller may do.
import { z } from 'zod';
import { mayUse } from '../../../shared/access/permissions';
import type { Principal } from '../../../shared/access/principal';
import type { Connection } from '../../../shared/connections/connection';
import { exportSchema, type Export } from '../../../shared/exports/export';
import { statusSchema, type Run } from '../../../shared/runs/run';
import { nextRunAt } from '../../../shared/schedule/governing';
import type { Refresh } from '../../../shared/schedule/refresh-schedule';
import { mapLimited } from '../../../shared/segments/map-limited';
import type { Deps } from '../../composition';
import { runViewSchema, viewOf as runViewOf } from '../runs/run-view';

/** Of the last run, or that there was none. */
export const exportStatusSchema = z.enum(['Not started', ...statusSchema.options]);

const lastRunSchema = runViewSchema.pick({
  id: true,
  trigger: true,
  status: true,
  reason: true,
  createdAt: true,
  startedAt: true,
  endedAt: true,
  counts: true,
  links: true,
});

export const exportViewSchema = z.strictObject({
  ...exportSchema.pick({
    id: true,
    name: true,
    listName: true,
    mapping: true,
    segments: true,
    schedule: true,
    addressesInClear: true,
    createdAt: true,
    updatedAt: true,
  }).shape,
  /** `null`: detached. The name is `null` when the connection is gone. */
  connection: z.strictObject({ id: z.string(), name: z.string().nullable() }).nullable(),
  listId: z.guid(),
  status: exportStatusSchema,
  lastRun: lastRunSchema.nullable(),
  /** `null` when it does not run by itself, and when it waits for new data. */
  nextRun: z.iso.datetime().nullable(),
  createdBy: z.string(),
  updatedBy: z.string(),
  /** What the caller may do with it. */
  permissions: z.strictObject({
    edit: z.boolean(),
    run: z.boolean(),
    remove: z.boolean(),
    seeRejects: z.boolean(),
  }),
  links: z.strictObject({ self: z.string(), runs: z.string() }),
});
export type ExportView = z.output<typeof exportViewSchema>;

export const exportPath = (id: string): string => `/api/exports/${id}`;

/** How many rows are looked up at once. */
const atOnce = 16;

type Stores = Pick<Deps, 'connections' | 'runs' | 'refreshSchedule' | 'clock'>;

/** @returns in the same order. What it costs depends on how many they are, and on nothing else. */
export async function exportViews(
  { connections, runs, refreshSchedule, clock }: Stores,
  principal: Principal,
  exports: readonly Export[],
): Promise<ExportView[]> {
  const used = [...new Set(exports.map(({ connectionId }) => connectionId).filter((id) => id !== null))];
  const [{ value: refresh }, named, lastRuns] = await Promise.all([
    refreshSchedule.get(),
    mapLimited(used, atOnce, async (id) => [id, await connections.get(id)] as const),
    mapLimited(exports, atOnce, ({ id }) => runs.last(id)),
  ]);
  const known = new Map(named);
  return exports.map((shown, index) =>
    viewOf(shown, {
      principal,
      refresh,
      now: clock.now(),
      connection: shown.connectionId === null ? undefined : known.get(shown.connectionId),
      lastRun: lastRuns[index],
    }),
  );
}

interface Around {
  readonly principal: Principal;
  readonly refresh: Refresh;
  readonly now: number;
  readonly connection: Connection | undefined;
  readonly lastRun: Run | undefined;
}

function viewOf(shown: Export, { principal, refresh, now, connection, lastRun }: Around): ExportView {
  const { connectionId, createdBy, updatedBy } = shown;
  const may = mayUse(principal, connection);
  return {
    id: shown.id,
    name: shown.name,
    connection: connectionId === null ? null : { id: connectionId, name: connection?.name ?? null },
    listId: shown.listId,
    listName: shown.listName,
    mapping: shown.mapping,
    segments: shown.segments,
    schedule: shown.schedule,
    addressesInClear: shown.addressesInClear,
    status: lastRun?.status ?? 'Not started',
    lastRun: lastRun ? shortened(lastRun) : null,
    nextRun: nextRunAt(shown, refresh, now),
    createdAt: shown.createdAt,
    createdBy: createdBy.name,
    updatedAt: shown.updatedAt,
    updatedBy: updatedBy.name,
    permissions: { edit: may, run: may && connectionId !== null, remove: may, seeRejects: may },
    links: { self: exportPath(shown.id), runs: `${exportPath(shown.id)}/runs` },
  };
}

function shortened(run: Run): ExportView['lastRun'] {
  const { id, trigger, status, reason, createdAt, startedAt, endedAt, counts, links } = runViewOf(run, null);
  return { id, trigger, status, reason, createdAt, startedAt, endedAt, counts, links };
}
