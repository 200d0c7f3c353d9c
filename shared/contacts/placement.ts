// Into which files a contact goes, so that no file has a blank cell and nobody is in more than five of them.
import type { BatchFiles, Series } from './batch-files';
import { groupColumns, patternKey, type ColumnsPlan } from './columns-plan';
import type { RowCells } from './contact-row';
import { makeOpening } from './opening';
import { makeOwnFiles } from './own-files';

export interface Placement {
  /** @throws {TooManyImportJobs} */
  add(row: RowCells): void;
  /** Places what was held back. Call it once, after the last row. @throws {TooManyImportJobs} */
  end(): void;
}

/** Wave 0 brings everybody to the list; a group's files go in the wave after the group before it. */
const waveOfGroup = (group: number) => group + 1;

export function makePlacement(plan: ColumnsPlan, files: BatchFiles): Placement {
  return plan.everyPatternApart ? placeByPattern(plan, files) : placeByGroups(plan, files);
}

/** Few columns: each pattern of filled ones has its files, all in wave 0. */
function placeByPattern(plan: ColumnsPlan, files: BatchFiles): Placement {
  const [group] = plan.groups as [ColumnsPlan['groups'][number]];
  const series = Array.from({ length: 1 << plan.fields.length }, (_, mask) =>
    files.series(0, groupColumns(plan, group, mask)),
  );
  return {
    add({ bytes, addressEnd, groupEnds, masks }) {
      files.add(series[masks[0] as number] as Series, bytes, addressEnd, addressEnd, groupEnds[0] as number);
    },
    end: () => undefined,
  };
}

/**
 * Many columns: frequent patterns have files of their own; the others' contacts go first with the address alone, and then, for
 * each group of columns of which they fill some, with those.
 */
function placeByGroups(plan: ColumnsPlan, files: BatchFiles): Placement {
  const { groups } = plan;
  const ownFiles = makeOwnFiles();
  const own = new Map<number, Series>();
  const addressOnly = files.series(0, []);
  const ofGroup = groups.map((): Map<number, Series> => new Map());
  let opening = makeOpening(groups.length);
  let isOpening = true;

  const allColumns = (masks: Int32Array) =>
    groups.flatMap((group, index) => groupColumns(plan, group, masks[index] as number));

  const place = ({ bytes, addressEnd, groupEnds, masks }: RowCells) => {
    const pattern = patternKey(masks);
    if (ownFiles.has(pattern)) {
      let series = own.get(pattern);
      if (!series) own.set(pattern, (series = files.series(0, allColumns(masks))));
      files.add(series, bytes, addressEnd, addressEnd, groupEnds[groups.length - 1] as number);
      return;
    }
    files.add(addressOnly, bytes, addressEnd, 0, 0);
    let from = addressEnd;
    for (let index = 0; index < groups.length; index++) {
      const to = groupEnds[index] as number;
      const mask = masks[index] as number;
      if (mask !== 0) {
        const byMask = ofGroup[index] as Map<number, Series>;
        let series = byMask.get(mask);
        if (!series) {
          series = files.series(
            waveOfGroup(index),
            groupColumns(plan, groups[index] as ColumnsPlan['groups'][number], mask),
          );
          byMask.set(mask, series);
        }
        files.add(series, bytes, addressEnd, from, to);
      }
      from = to;
    }
  };

  const endOpening = () => {
    isOpening = false;
    ownFiles.admitFew();
    opening.release(place);
    opening = makeOpening(groups.length);
  };

  return {
    add(row) {
      ownFiles.count(patternKey(row.masks));
      if (!isOpening) place(row);
      else if (opening.hold(row)) endOpening();
    },
    end() {
      if (isOpening) endOpening();
    },
  };
}
