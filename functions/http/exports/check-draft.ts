// Whether an export can be saved as it is configured: the caller may use its connection, and the account and the segments have what
// it names.
import type { Principal } from '../../../shared/access/principal';
import type { Connection } from '../../../shared/connections/connection';
import type { ExportDraft } from '../../../shared/exports/export';
import type { Deps } from '../../composition';
import { awayProblem } from '../constant-contact-away';
import { Problem } from '../problem';
import { requireUsable } from '../requirements';

type Checked = Pick<ExportDraft, 'connectionId' | 'listId' | 'mapping' | 'segments'>;
type Needed = Pick<Deps, 'exports' | 'connections' | 'runs' | 'checkExport' | 'clock'>;

export interface ExportError {
  /** As in `segments.0`. */
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

/**
 * The connection that an export is given; `null` for none.
 * @throws {Problem} 403 or 400
 */
export async function requireAttachable(
  deps: Pick<Needed, 'exports' | 'connections' | 'runs'>,
  principal: Principal,
  connectionId: string | null,
): Promise<Connection | null> {
  const connection = await requireUsable(deps, principal, connectionId);
  if (connectionId !== null && (!connection || connection.removing)) {
    const code = connection ? 'connection-being-removed' : 'connection-unknown';
    const message = connection
      ? 'The connection is being removed. Choose another one.'
      : 'There is no such connection.';
    throw invalidExport([{ path: 'connectionId', code, message }]);
  }
  return connection ?? null;
}

/** @throws {Problem} 403, 400 or 503 */
export async function checkDraft(
  deps: Needed,
  principal: Principal,
  draft: Checked,
): Promise<{ readonly listName: string | null }> {
  const connection = await requireAttachable(deps, principal, draft.connectionId);
  const { problems, listName } = await asked(deps, () => deps.checkExport(draft, connection));
  if (problems.length > 0) {
    throw invalidExport(problems.map(({ path, code, sentence }) => ({ path, code, message: sentence })));
  }
  return { listName };
}

async function asked<T>({ clock }: Needed, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw awayProblem(error, clock.now()) ?? error;
  }
}

const invalidExport = (errors: readonly ExportError[]): Problem =>
  new Problem(
    400,
    'export-invalid',
    'The export cannot be saved as it is.',
    errors.map(({ message }) => message).join(' '),
    { errors },
  );
