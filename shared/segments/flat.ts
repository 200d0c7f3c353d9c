// The flat layout: each folder below the prefix is a segment, and each CSV file directly in it a shard with a header row.
import type { BlobFacts, BlobReader } from '../platform/blobs';
import { SegmentFault, SegmentUnknown, SegmentWithoutData, ShardChanged } from './errors';
import type { CatalogueEntry, Layout } from './layout';
import { mapLimited } from './map-limited';
import { pickByName } from './pick-by-name';
import { pointerOf, quotedEtag } from './pointers';
import { readHeader } from './read-shard';
import type { CsvDialect, Segment, Shard } from './segment';

const segmentsAtOnce = 4;

/** Plain CSV files as most programs write them: quotes mean something only around a whole field. */
const dialect: CsvDialect = {
  delimiter: ',',
  quotes: 'after-delimiter',
  backslashEscapes: false,
  header: true,
  encoding: 'utf-8',
};

const byName = (a: { readonly name: string }, b: { readonly name: string }) =>
  a.name < b.name ? -1 : Number(a.name > b.name);

export function makeFlatLayout(options: {
  readonly blobs: BlobReader;
  /** Empty, or ending in a slash. */
  readonly root: string;
  readonly backslashEscapes: boolean;
}): Layout {
  const { blobs, root, backslashEscapes } = options;

  const names = async () =>
    (await blobs.level(root)).folders.map((folder) => folder.slice(root.length, -1)).sort();

  /** The real name of a segment that may be written in another case. @throws {SegmentUnknown} */
  function nameOf(wanted: string, known: readonly string[]): string {
    const index = pickByName(known, wanted);
    const name = typeof index === 'number' ? known[index] : undefined;
    if (name === undefined) throw new SegmentUnknown(wanted, known);
    return name;
  }

  /** @throws {SegmentWithoutData} */
  async function filesOf(name: string): Promise<BlobFacts[]> {
    const level = await blobs.level(`${root}${name}/`);
    const files = level.blobs.filter((blob) => /\.csv(\.gz)?$/i.test(blob.name)).sort(byName);
    if (files.length === 0) throw new SegmentWithoutData(name);
    return files;
  }

  const changedAt = (files: readonly BlobFacts[]) =>
    new Date(Math.max(...files.map(({ lastModified }) => lastModified.getTime()))).toISOString();
  const pointerTo = (files: readonly BlobFacts[]) =>
    pointerOf(files.flatMap(({ name, etag }) => [name, quotedEtag(etag)]));

  const shardOf = (name: string, file: BlobFacts): Shard => ({
    segment: name,
    name: file.name.slice(root.length),
    blob: file.name,
    etag: quotedEtag(file.etag),
    bytes: file.bytes,
    columns: undefined,
    dialect: { ...dialect, backslashEscapes },
  });

  async function open(name: string): Promise<Segment> {
    const files = await filesOf(name);
    const shards = files.map((file) => shardOf(name, file));
    const columns = await readHeader(blobs, shards[0] as Shard);
    return { name, columns, shards, pointer: pointerTo(files), lastRefreshed: changedAt(files) };
  }

  async function entry(name: string): Promise<CatalogueEntry> {
    let known: Pick<CatalogueEntry, 'shards' | 'lastRefreshed' | 'pointer'> = {
      shards: 0,
      lastRefreshed: undefined,
      pointer: undefined,
    };
    try {
      const files = await filesOf(name);
      known = { shards: files.length, lastRefreshed: changedAt(files), pointer: pointerTo(files) };
      const columns = await readHeader(blobs, shardOf(name, files[0] as BlobFacts));
      return { name, ...known, columns, problem: undefined };
    } catch (error) {
      if (!(error instanceof SegmentFault || error instanceof ShardChanged)) throw error;
      return { name, ...known, columns: [], problem: { code: error.code, message: error.message } };
    }
  }

  return {
    catalogue: async () => mapLimited(await names(), segmentsAtOnce, entry),

    async open(wanted) {
      const known = await names();
      const found = wanted.map((name) => nameOf(name, known));
      return mapLimited(found, segmentsAtOnce, open);
    },

    async pointer(wanted) {
      const files = await filesOf(nameOf(wanted, await names()));
      return { pointer: pointerTo(files), changedAt: changedAt(files) };
    },
  };
}
