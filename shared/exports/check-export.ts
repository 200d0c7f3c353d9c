// Checks a draft of an export before it is saved: against the catalogue of segments, and against the account at Constant Contact.
import type { Connection } from '../connections/connection';
import type { ConstantContact } from '../constant-contact/client';
import type { Clock } from '../platform/clock';
import { customFieldUnknown, findList, otherAccount, unknownFields } from '../runs/check-account';
import { isAway, remedyFor } from '../runs/remedy';
import type { Reason } from '../runs/run';
import { SegmentFault } from '../segments/errors';
import type { CatalogueEntry } from '../segments/layout';
import { pickByName } from '../segments/pick-by-name';
import type { SegmentSource } from '../segments/segment-source';
import type { ExportDraft } from './export';
import { columnProblems, type ColumnProblem, type NamedColumns } from './mapped-columns';

/** What is wrong with one field of a draft, such as `segments.0`: a stable code, and a sentence that says what to do. */
export interface ExportProblem extends Reason {
  readonly path: string;
}

export interface CheckedExport {
  /** All there are. */
  readonly problems: readonly ExportProblem[];
  /** `null` when the list was not found, or not looked for. */
  readonly listName: string | null;
}

/**
 * @param connection `null` for a detached export: then there is no account to ask.
 * @throws what says that nobody can tell at present: storage or Constant Contact are away, or the request budget is spent.
 */
export type CheckExport = (
  draft: Pick<ExportDraft, 'segments' | 'mapping' | 'listId'>,
  connection: Connection | null,
) => Promise<CheckedExport>;

export function makeCheckExport(deps: {
  readonly segments: Pick<SegmentSource, 'catalogue'>;
  readonly constantContact: (connectionId: string) => ConstantContact;
  /** Whether somebody has ever signed in with it. */
  readonly wasSignedIn: (connection: Connection) => Promise<boolean>;
  readonly clock: Clock;
}): CheckExport {
  const { segments, constantContact, wasSignedIn, clock } = deps;

  return async (draft, connection) => {
    const [inCatalogue, atAccount] = await Promise.all([
      checkSegments(draft),
      connection ? checkAtAccount(draft, connection) : { problems: [], listName: null },
    ]);
    return { problems: [...inCatalogue, ...atAccount.problems], listName: atAccount.listName };
  };

  async function checkSegments({ segments: names, mapping }: Pick<ExportDraft, 'segments' | 'mapping'>) {
    let catalogue: readonly CatalogueEntry[];
    try {
      catalogue = await segments.catalogue();
    } catch (error) {
      if (!(error instanceof SegmentFault)) throw error;
      return [{ path: 'segments', code: error.code, sentence: error.message }];
    }
    const problems: ExportProblem[] = [];
    const readable: NamedColumns[] = [];
    const taken = new Set<CatalogueEntry>();
    names.forEach((name, index) => {
      const path = `segments.${index}`;
      const found = catalogue[Number(pickByName(all(catalogue), name))];
      if (!found) problems.push({ path, ...segmentUnknown(name) });
      else if (taken.has(found)) problems.push({ path, ...segmentTwice(name) });
      else if (found.problem)
        problems.push({ path, code: found.problem.code, sentence: found.problem.message });
      else readable.push(found);
      if (found) taken.add(found);
    });
    return [...problems, ...columnProblems(mapping, readable).map(columnProblem)];
  }

  async function checkAtAccount(
    { listId, mapping }: Pick<ExportDraft, 'listId' | 'mapping'>,
    connection: Connection,
  ): Promise<CheckedExport> {
    const refused = (reason: Reason): CheckedExport => ({
      problems: [{ path: 'connectionId', ...reason }],
      listName: null,
    });
    if (connection.removing) return refused(connectionLeaving(connection.name));
    if (!connection.consent) return refused(consentNeeded(connection.name));
    if (!(await wasSignedIn(connection))) return refused(notSignedIn(connection.name));
    try {
      const account = constantContact(connection.id);
      const other = await otherAccount(account, connection);
      if (other) return refused(other);
      const list = await findList(account, listId);
      const unknown = await unknownFields(account, mapping);
      return {
        problems: [
          ...('code' in list ? [{ path: 'listId', ...list }] : []),
          ...unknown.map((field) => ({ path: `mapping.fields.${field}`, ...customFieldUnknown([field]) })),
        ],
        listName: 'code' in list ? null : list.name,
      };
    } catch (error) {
      const remedy = isAway(error) ? undefined : remedyFor(error, clock.now());
      if (!remedy || 'kind' in remedy) throw error;
      return refused(remedy);
    }
  }
}

const all = (catalogue: readonly CatalogueEntry[]) => catalogue.map(({ name }) => name);

const segmentUnknown = (name: string): Reason => ({
  code: 'segment-unknown',
  sentence: `There is no segment "${name}", or more than one whose name differs by case only. Choose one of the catalogue.`,
});

const segmentTwice = (name: string): Reason => ({
  code: 'segment-twice',
  sentence: `The segment "${name}" is chosen twice. Take it out once.`,
});

const consentNeeded = (name: string): Reason => ({
  code: 'consent-needed',
  sentence: `Nobody has agreed yet that the connection "${name}" may send personal data. An administrator must accept the consent first.`,
});

const notSignedIn = (name: string): Reason => ({
  code: 'not-signed-in',
  sentence: `Nobody has signed in at Constant Contact for the connection "${name}" yet. An administrator must do so first.`,
});

const connectionLeaving = (name: string): Reason => ({
  code: 'connection-removing',
  sentence: `The connection "${name}" is being removed. Choose another one.`,
});

function columnProblem({ path, column, code, segment }: ColumnProblem): ExportProblem {
  const where = segment === undefined ? 'None of the segments has' : `The segment "${segment}" has`;
  const what =
    code === 'column-ambiguous'
      ? `more than one column "${column}"`
      : segment === undefined
        ? `a column "${column}"`
        : `no column "${column}"`;
  return { path, code, sentence: `${where} ${what}. Choose another one in the data matching.` };
}
