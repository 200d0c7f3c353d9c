// The layout that Customer Insights exports: one model.json, which names each segment's columns and files. It is the commit pointer: the
// files of a run that is being written are not in it yet.
import type { BlobFacts, BlobReader } from '../platform/blobs';
import { dialectOf } from './csv-format';
import {
  LocationRefused,
  ModelInvalid,
  SegmentElsewhere,
  SegmentFault,
  SegmentUnknown,
  SegmentWithoutData,
  ShardChanged,
} from './errors';
import { findModel } from './find-model';
import type { CatalogueEntry, Layout } from './layout';
import { locate, type SegmentRoot } from './locations';
import { mapLimited } from './map-limited';
import { parseModel, type Model, type ModelEntity } from './model-json';
import { pickByName } from './pick-by-name';
import { pointerOf, quotedEtag } from './pointers';
import type { CsvDialect, Segment, Shard } from './segment';

const requestsAtOnce = 8;
/** It is held in memory as a whole. Real ones have some kilobytes per segment. Bytes. */
const longestModel = 64 * 1024 * 1024;

type LocalEntity = Extract<ModelEntity, { kind: 'local' }>;

interface OpenModel extends Model {
  readonly path: string;
  readonly facts: BlobFacts;
}

/** A partition whose location and format are in order. */
interface Placed {
  readonly blob: string;
  readonly name: string;
  readonly partition: string;
  readonly snapshot: Date | undefined;
  readonly dialect: CsvDialect;
}

export function makeCustomerInsightsLayout(options: {
  readonly blobs: BlobReader;
  readonly containerUrl: string;
  /** Empty, or ending in a slash. */
  readonly root: string;
  readonly backslashEscapes: boolean;
}): Layout {
  const { blobs, containerUrl, root, backslashEscapes } = options;
  /** Where the model was last found, so that the timer need not walk the folders each minute. */
  let lastPath: string | undefined;

  const short = (path: string) => path.slice(root.length);

  async function openModel(): Promise<OpenModel> {
    const { name: path, bytes } = await findModel(blobs, root);
    if (bytes > longestModel) throw new ModelInvalid(short(path), ['it is too large for a model']);
    const found = await blobs.read(path);
    if (!found) throw new ShardChanged('', short(path));
    lastPath = path;
    return { path, facts: found.facts, ...parseModel(found.content, short(path)) };
  }

  /** @throws {SegmentUnknown} @throws {SegmentElsewhere} @throws {ModelInvalid} */
  function localEntity(model: OpenModel, wanted: string): LocalEntity {
    const names = model.entities.map(({ name }) => name);
    const index = pickByName(names, wanted);
    const entity = typeof index === 'number' ? model.entities[index] : undefined;
    if (!entity) throw new SegmentUnknown(wanted, names);
    return readable(model, entity);
  }

  function readable(model: OpenModel, entity: ModelEntity): LocalEntity {
    if (entity.kind === 'reference') throw new SegmentElsewhere(entity.name);
    if (entity.kind === 'invalid') throw new ModelInvalid(short(model.path), entity.faults);
    return entity;
  }

  /** @throws {SegmentWithoutData} @throws {LocationRefused} @throws {FormatUnsupported} @throws {EncodingUnknown} */
  function place(model: OpenModel, { name: segment, partitions }: LocalEntity): Placed[] {
    const where: SegmentRoot = {
      containerUrl,
      root,
      folder: model.path.slice(0, model.path.lastIndexOf('/') + 1),
    };
    const placed = partitions.flatMap(({ name: partition, location, format }) => {
      if (location === undefined) return [];
      const found = locate(location, where);
      if ('refused' in found) throw new LocationRefused(segment, partition, found.refused);
      const dialect = dialectOf(format, { segment, partition }, backslashEscapes);
      return [{ ...found, name: short(found.blob), partition, dialect }];
    });
    if (placed.length === 0) throw new SegmentWithoutData(segment);
    return placed;
  }

  const lastRefreshed = (model: OpenModel, { partitions }: LocalEntity): string => {
    const newest = partitions
      .flatMap(({ refreshTime }) => refreshTime ?? [])
      .sort()
      .at(-1);
    return newest ?? model.modifiedTime ?? model.facts.lastModified.toISOString();
  };

  async function pin(entity: LocalEntity, placed: Placed): Promise<Shard> {
    const { blob, name, snapshot, dialect } = placed;
    const facts = await blobs.facts(blob);
    if (!facts) throw new ShardChanged(entity.name, name);
    // A snapshot has the same content as its blob for as long as nobody has written the blob since.
    if (snapshot && facts.lastModified > snapshot) {
      throw new LocationRefused(
        entity.name,
        placed.partition,
        'names a snapshot of a file that was written again since',
      );
    }
    const columns = entity.attributes.map((attribute) => attribute.name);
    return {
      segment: entity.name,
      name,
      blob,
      etag: quotedEtag(facts.etag),
      bytes: facts.bytes,
      columns,
      dialect,
    };
  }

  function entry(model: OpenModel, entity: ModelEntity): CatalogueEntry {
    const pointer = pointerOf([quotedEtag(model.facts.etag)]);
    const base = { name: entity.name, shards: 0, columns: [], lastRefreshed: undefined, pointer };
    try {
      const local = readable(model, entity);
      const known = {
        ...base,
        columns: local.attributes.map(({ name }) => name),
        lastRefreshed: lastRefreshed(model, local),
      };
      try {
        return { ...known, shards: place(model, local).length, problem: undefined };
      } catch (error) {
        return { ...known, problem: problemOf(error) };
      }
    } catch (error) {
      return { ...base, problem: problemOf(error) };
    }
  }

  return {
    async catalogue() {
      const model = await openModel();
      return model.entities
        .map((entity) => entry(model, entity))
        .sort((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
    },

    async open(names) {
      const model = await openModel();
      const pointer = pointerOf([quotedEtag(model.facts.etag)]);
      const chosen = names.map((name) => {
        const entity = localEntity(model, name);
        return { entity, placed: place(model, entity) };
      });
      const segments: Segment[] = [];
      for (const { entity, placed } of chosen) {
        segments.push({
          name: entity.name,
          columns: entity.attributes.map(({ name }) => name),
          shards: await mapLimited(placed, requestsAtOnce, (each) => pin(entity, each)),
          pointer,
          lastRefreshed: lastRefreshed(model, entity),
        });
      }
      // Files that were pinned while another model came may belong to either.
      const now = await blobs.facts(model.path);
      if (now?.etag !== model.facts.etag) throw new ShardChanged(names[0] ?? '', short(model.path));
      return segments;
    },

    async pointer() {
      const known = lastPath === undefined ? undefined : await blobs.facts(lastPath);
      const facts = known ?? (await findModel(blobs, root));
      lastPath = facts.name;
      return { pointer: pointerOf([quotedEtag(facts.etag)]), changedAt: facts.lastModified.toISOString() };
    },
  };
}

function problemOf(error: unknown): NonNullable<CatalogueEntry['problem']> {
  if (!(error instanceof SegmentFault)) throw error;
  return { code: error.code, message: error.message };
}
