// What can be wrong with a segment, one class per cause. A `SegmentFault` ends the run with its sentence, a `ShardChanged` means: start
// over, and whatever else is thrown: try again.

/** Somebody has to act before another try helps. The message says what is wrong and what to do, and holds no contact's data. */
export abstract class SegmentFault extends Error {
  abstract readonly code: string;
}

/** The data was replaced or removed while it was read; `segment` is empty where it concerns all of them. Open the segment again and start over; after a few times, give up. */
export class ShardChanged extends Error {
  readonly code = 'shard-changed';
  constructor(
    readonly segment: string,
    readonly shard: string,
    options?: ErrorOptions,
  ) {
    super(
      `"${shard}"${segment === '' ? '' : ` of segment "${segment}"`} was replaced or removed while it was read. Run the export when the segment's own export has ended.`,
      options,
    );
  }
}

/** The connection broke in the middle of a file. Another try helps. */
export class ReadInterrupted extends Error {
  readonly code = 'read-interrupted';
  constructor(
    readonly segment: string,
    readonly shard: string,
    options?: ErrorOptions,
  ) {
    super(
      `"${shard}" of segment "${segment}" could not be read to its end, as the connection to the storage account broke.`,
      options,
    );
  }
}

/** Names for a message: few enough to read. */
const named = (names: readonly string[], most = 50) => {
  const shown = names
    .slice(0, most)
    .map((name) => `"${name.length > 100 ? `${name.slice(0, 100)}…` : name}"`);
  return shown.join(', ') + (names.length > most ? ` and ${names.length - most} more` : '');
};

const below = (prefix: string) => (prefix === '' ? 'in the container' : `below "${prefix}"`);

export class ModelMissing extends SegmentFault {
  readonly code = 'model-missing';
  constructor(readonly prefix: string) {
    super(
      `There is no model.json ${below(prefix)}. Check SEGMENT_PREFIX, and that the export from Customer Insights has run; for plain CSV files without a model set SEGMENT_LAYOUT to "flat".`,
    );
  }
}

export class ModelAmbiguous extends SegmentFault {
  readonly code = 'model-ambiguous';
  constructor(
    readonly prefix: string,
    readonly paths: readonly string[],
  ) {
    super(
      `There is more than one model.json ${below(prefix)}: ${named(paths)}. Set SEGMENT_PREFIX to the folder of the one to use.`,
    );
  }
}

export class PrefixTooWide extends SegmentFault {
  readonly code = 'prefix-too-wide';
  constructor(
    readonly prefix: string,
    readonly folders: number,
  ) {
    super(
      `The search for model.json ${below(prefix)} was given up after ${folders} folders. Set SEGMENT_PREFIX to the folder of the export.`,
    );
  }
}

export class ModelInvalid extends SegmentFault {
  readonly code = 'model-invalid';
  constructor(
    readonly path: string,
    readonly faults: readonly string[],
    options?: ErrorOptions,
  ) {
    super(
      `"${path}" cannot be used: ${faults.join('; ')}. Export the segments again, or correct the file.`,
      options,
    );
  }
}

export class SegmentUnknown extends SegmentFault {
  readonly code = 'segment-unknown';
  constructor(
    readonly segment: string,
    readonly known: readonly string[],
  ) {
    super(
      known.length === 0
        ? `There is no segment "${segment}", and no other one either. Check SEGMENT_PREFIX.`
        : `There is no segment "${segment}", or more than one whose name differs by case only. Choose one of: ${named(known)}.`,
    );
  }
}

export class SegmentElsewhere extends SegmentFault {
  readonly code = 'segment-elsewhere';
  constructor(readonly segment: string) {
    super(
      `Segment "${segment}" only points to another model (it is a ReferenceEntity), so its data is not here. Export the segment itself, or point SEGMENT_PREFIX to the other model.`,
    );
  }
}

export class SegmentWithoutData extends SegmentFault {
  readonly code = 'segment-without-data';
  constructor(readonly segment: string) {
    super(
      `The segment "${segment}" has no exported data: no file of it is there. That does not mean that it is empty. Run the segment's export, then this one.`,
    );
  }
}

export class LocationRefused extends SegmentFault {
  readonly code = 'location-refused';
  /** `reason` is a sentence's end: "the partition … <reason>". The location itself stays out: it can carry a signature. */
  constructor(
    readonly segment: string,
    readonly partition: string,
    readonly reason: string,
  ) {
    super(
      `The location of partition "${partition}" of segment "${segment}" is refused: it ${reason}. Only files of the configured account and container, below SEGMENT_PREFIX, are read.`,
    );
  }
}

export class FormatUnsupported extends SegmentFault {
  readonly code = 'format-unsupported';
  constructor(
    readonly segment: string,
    readonly partition: string,
    readonly reason: string,
  ) {
    super(
      `Partition "${partition}" of segment "${segment}" has a format that cannot be read: ${reason}. Export it as CSV with other settings.`,
    );
  }
}

export class EncodingUnknown extends SegmentFault {
  readonly code = 'encoding-unknown';
  constructor(
    readonly segment: string,
    readonly partition: string,
    readonly encoding: string,
  ) {
    super(
      `Partition "${partition}" of segment "${segment}" is said to be in the encoding "${encoding.slice(0, 40)}", which is not known. Export it in UTF-8.`,
    );
  }
}

export class EncodingWrong extends SegmentFault {
  readonly code = 'encoding-wrong';
  constructor(
    readonly segment: string,
    readonly shard: string,
    readonly declared: string,
  ) {
    super(
      `"${shard}" of segment "${segment}" should be in ${declared}, but it is in UTF-16. Write it in UTF-8, or name the encoding in model.json.`,
    );
  }
}

export class ColumnMissing extends SegmentFault {
  readonly code = 'column-missing';
  constructor(
    readonly segment: string,
    readonly shard: string,
    readonly columns: readonly string[],
    readonly available: readonly string[],
  ) {
    super(
      `"${shard}" of segment "${segment}" lacks ${columns.length === 1 ? 'the column' : 'the columns'} ${named(columns)}. Change the mapping${available.length === 0 ? '' : `; there are: ${named(available, 100)}`}.`,
    );
  }
}

export class ColumnAmbiguous extends SegmentFault {
  readonly code = 'column-ambiguous';
  constructor(
    readonly segment: string,
    readonly shard: string,
    readonly column: string,
  ) {
    super(
      `"${shard}" of segment "${segment}" has more than one column "${column}". Map another column, or rename one of them in the segment.`,
    );
  }
}

export class HeaderWrong extends SegmentFault {
  readonly code = 'header-wrong';
  /** `reason` goes on after the shard's name, and quotes nothing of the file: its first row may be somebody's data. */
  constructor(
    readonly segment: string,
    readonly shard: string,
    readonly reason: string,
  ) {
    super(
      `The first row of "${shard}" of segment "${segment}" is not the header that it should be: ${reason}. Export the segment again, so that the file and its columns agree.`,
    );
  }
}

export class ShardUnreadable extends SegmentFault {
  readonly code = 'shard-unreadable';
  constructor(
    readonly segment: string,
    readonly shard: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`"${shard}" of segment "${segment}" cannot be read: ${reason}. Export the segment again.`, options);
  }
}
