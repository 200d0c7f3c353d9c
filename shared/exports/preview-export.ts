// A look at a draft before it is saved: the first rows of each segment as they would be sent, by the rules of a run.
import { z } from 'zod';
import { addressReasons } from '../contacts/address';
import { askedColumns } from '../contacts/asked-columns';
import { groupColumns, planColumns, type ColumnsPlan } from '../contacts/columns-plan';
import { makeContactRow, type ContactRow } from '../contacts/contact-row';
import type { Mapping } from '../contacts/mapping';
import { rulesOf, splitRecord } from '../segments/csv-rules';
import { SegmentFault, ShardChanged } from '../segments/errors';
import { mapLimited } from '../segments/map-limited';
import type { Segment } from '../segments/segment';
import type { SegmentSource } from '../segments/segment-source';
import type { ExportDraft } from './export';
import { readFirstRows, usualLook, type Look } from './first-rows';
import { columnProblems } from './mapped-columns';

const whole = z.int().min(0);

const contactSchema = z.strictObject({
  /** Position among the rows of its file, from 1. */
  row: whole,
  email: z.string(),
  /** What is filled, by field: a blank is never sent. */
  fields: z.record(z.string(), z.string()),
  /** Fields whose values were too long. */
  cut: z.array(z.string()),
  /** Fields whose values are left out, as they are no date, or no whole birthday. */
  leftOut: z.array(z.string()),
});

export const previewSchema = z.strictObject({
  segments: z.array(
    z.strictObject({
      name: z.string(),
      rowsRead: whole,
      malformed: whole,
      /** Rows whose address an earlier one has. */
      duplicate: whole,
      /** Rows whose address cannot be sent to. */
      rejected: whole,
      contacts: z.array(contactSchema),
      rejects: z.array(z.strictObject({ row: whole, reason: z.string(), sentence: z.string() })),
      /** Why it cannot be read. */
      problem: z.strictObject({ code: z.string(), sentence: z.string() }).nullable(),
    }),
  ),
  /** Mapped columns that do not exist, by the field of the mapping: in none of the segments, or not in the one that is named. */
  missingColumns: z.array(
    z.strictObject({ path: z.string(), column: z.string(), segment: z.string().nullable() }),
  ),
});
export type Preview = z.output<typeof previewSchema>;
type SegmentPreview = Preview['segments'][number];

export type PreviewExport = (draft: Pick<ExportDraft, 'segments' | 'mapping'>) => Promise<Preview>;

/** Contacts and rejected rows that are shown of each segment; all rows of the look are counted. */
const mostShown = 10;
const segmentsAtOnce = 4;

type Opened =
  { readonly segment: Segment } | { readonly name: string; readonly problem: SegmentPreview['problem'] };

export function makePreviewExport(deps: {
  readonly segments: Pick<SegmentSource, 'open' | 'read'>;
  readonly look?: Look;
}): PreviewExport {
  const { segments: source, look = usualLook } = deps;

  return async ({ segments: names, mapping }) => {
    // One by one: a segment at fault does not keep the others from being seen.
    const opened = await mapLimited(names, segmentsAtOnce, async (name): Promise<Opened> => {
      try {
        const [segment] = await source.open([name]);
        return { segment: segment as Segment };
      } catch (error) {
        return { name, problem: problemOf(error) };
      }
    });
    const readable = opened.flatMap((each) => ('segment' in each ? [each.segment] : []));
    const missing = columnProblems(mapping, readable).filter(({ code }) => code === 'column-missing');
    const show = showing(without(mapping, new Set(missing.map(({ path }) => path))), readable);

    const segments: SegmentPreview[] = [];
    // In their order, as the first of two rows with one address is the one that is sent.
    for (const each of opened) {
      segments.push(
        'segment' in each ? await show(each.segment) : { ...nothingOf(each.name), problem: each.problem },
      );
    }
    return {
      segments,
      missingColumns: missing.map(({ path, column, segment }) => ({
        path,
        column,
        segment: segment ?? null,
      })),
    };
  };

  function showing(mapping: Mapping, readable: readonly Segment[]) {
    const plan = planColumns(mapping);
    const row = makeContactRow(plan);
    const addresses = new Set<string>();

    return async (segment: Segment): Promise<SegmentPreview> => {
      const seen = nothingOf(segment.name);
      try {
        await readFirstRows(source, segment, look, (shard) => {
          const asked = askedColumns(mapping, plan, readable, segment, shard);
          return {
            columns: asked.columns,
            sink: {
              record(record) {
                seen.rowsRead++;
                const reason = row.takeAddress(
                  record.bytes,
                  record.starts[0] as number,
                  record.ends[0] as number,
                );
                if (reason !== undefined) {
                  seen.rejected++;
                  if (seen.rejects.length < mostShown)
                    seen.rejects.push({ row: record.row, reason, sentence: addressReasons[reason] });
                  return;
                }
                const address = row.bytes.toString('utf8', 0, row.addressEnd);
                if (addresses.has(address)) {
                  seen.duplicate++;
                  return;
                }
                addresses.add(address);
                if (seen.contacts.length >= mostShown) return;
                row.cut.fill(0);
                row.leftOut.fill(0);
                row.takeValues(record, asked.fields);
                seen.contacts.push({ row: record.row, ...contactOf(plan, row) });
              },
              malformed() {
                seen.rowsRead++;
                seen.malformed++;
              },
            },
          };
        });
      } catch (error) {
        return { ...seen, problem: problemOf(error) };
      }
      return seen;
    };
  }
}

const nothingOf = (name: string): SegmentPreview => ({
  name,
  rowsRead: 0,
  malformed: 0,
  duplicate: 0,
  rejected: 0,
  contacts: [],
  rejects: [],
  problem: null,
});

function problemOf(error: unknown): NonNullable<SegmentPreview['problem']> {
  if (!(error instanceof SegmentFault || error instanceof ShardChanged)) throw error;
  return { code: error.code, sentence: error.message };
}

/** The address's column stays: without it there is nothing to show, and the reader says so. */
function without({ email, profileId, fields }: Mapping, paths: ReadonlySet<string>): Mapping {
  return {
    email,
    ...(profileId === undefined || paths.has('mapping.profileId') ? {} : { profileId }),
    fields: Object.fromEntries(
      Object.entries(fields).filter(([field]) => !paths.has(`mapping.fields.${field}`)),
    ),
  };
}

/** The cells as they stand in a batch file. */
const batchFile = rulesOf({
  delimiter: ',',
  quotes: 'after-delimiter',
  backslashEscapes: false,
  header: true,
  encoding: 'utf-8',
});

function contactOf(plan: ColumnsPlan, row: ContactRow) {
  const [email = '', ...values] = splitRecord(row.bytes.subarray(0, row.groupEnds.at(-1)), batchFile);
  const counted = (counts: Int32Array) =>
    plan.fields.filter((_, index) => counts[index] !== 0).map(({ name }) => name);
  const names = plan.groups.flatMap((group, index) => groupColumns(plan, group, row.masks[index] as number));
  return {
    email,
    fields: Object.fromEntries(names.map((name, index) => [name, values[index] ?? ''])),
    cut: counted(row.cut),
    leftOut: counted(row.leftOut),
  };
}
