// A sample export of Customer Insights: two segments over several shards, with the traps that real data hold, and what must come of
// them. It knows nothing of the app. The same options give the same bytes.
import type { Readable } from 'node:stream';
import { expectedOf, unsubscribedPeople, type Expected, type PlacedRow } from './expected';
import { columnsOf, loyal, makeRow, newsletter, type Population, type Row, type SegmentName } from './rows';
import { shardForms, shardStream, type ShardForm } from './shard-file';

export interface SampleOptions {
  /** Rows over all shards and both segments; 1,000 or more, so that every trap is there. */
  readonly profiles?: number;
  /** Over both segments; 2 or more. With 5 or more, every form of file is there. */
  readonly shards?: number;
  readonly seed?: number;
  /** When Customer Insights wrote the export. */
  readonly exportedAt?: Date;
}

export interface SampleShard {
  readonly segment: SegmentName;
  /** Its name in the container. */
  readonly blob: string;
  readonly rows: number;
  readonly form: ShardForm;
  /** Afresh at every call. */
  stream(): Readable;
}

export interface Sample {
  /** The folder of the export, below which its `model.json` lies. */
  readonly prefix: string;
  /** In the order in which the export must take them: in an address of both, the first one's values win. */
  readonly segments: readonly SegmentName[];
  /** In the order in which they are read: that of the segments and of `model.json`. */
  readonly shards: readonly SampleShard[];
  readonly columns: {
    readonly email: string;
    readonly profileId: string;
    readonly firstName: string;
    readonly lastName: string;
  };
  readonly modelBlob: string;
  /** The content of `model.json` when the container is at `containerUrl` (without a slash at its end). */
  model(containerUrl: string): string;
  /** Addresses that must be unsubscribed at Constant Contact before the run. */
  readonly unsubscribed: readonly string[];
  expected(): Expected;
}

const instance = 'CustomerInsights_5f0a3c1e-7b42-4d1c-9a60-2f8e6f1f2a77';
const exportName = 'ConstantContactExport';

/** Partition ids have gaps, and `model.json` does not list them in the order of their names: the last one comes first. */
function partitionIds(count: number): number[] {
  const ids = Array.from({ length: count }, (_, index) => (index < 2 ? index + 1 : index + 2));
  return [ids.pop()!, ...ids];
}

/** Rows `from` to `to` - 1 of a segment. */
function* rowsOf(population: Population, segment: SegmentName, from: number, to: number): Iterable<Row> {
  for (let index = from; index < to; index += 1) yield makeRow(population, segment, index);
}

function* cellsOf(rows: Iterable<Row>): Iterable<readonly string[]> {
  for (const { cells } of rows) yield cells;
}

export function makeSample(options: SampleOptions = {}): Sample {
  const {
    profiles = 100_000,
    shards: shardCount = 8,
    seed = 1,
    exportedAt = new Date('2026-03-02T04:15:00Z'),
  } = options;
  if (profiles < 1000 || shardCount < 2)
    throw new RangeError('a sample has 1,000 profiles or more, in 2 shards or more');
  const newsletterShards = Math.min(shardCount - 1, Math.ceil((shardCount * 5) / 8));
  const newsletterRows = Math.ceil((profiles * newsletterShards) / shardCount);
  const population: Population = { seed, newsletter: newsletterRows, loyal: profiles - newsletterRows };

  const [date = '', time = ''] = exportedAt.toISOString().split('T');
  const folder = `${date.replaceAll('-', '/')}/${time.slice(0, 5).replace(':', '')}`;
  const prefix = `${instance}/${exportName}`;

  const placed: (SampleShard & { readonly from: number })[] = [];
  const place = (segment: SegmentName, count: number, rows: number) => {
    for (const [position, id] of partitionIds(count).entries()) {
      const from = Math.floor((rows * position) / count);
      const to = Math.floor((rows * (position + 1)) / count);
      const form = shardForms[placed.length % shardForms.length]!;
      const names = columnsOf(segment).map(([name]) => name);
      placed.push({
        segment,
        blob: `${prefix}/${segment}/${folder}/${segment}_${id}.csv${form.gzip ? '.gz' : ''}`,
        rows: to - from,
        from,
        form,
        stream: () => shardStream(form, names, cellsOf(rowsOf(population, segment, from, to))),
      });
    }
  };
  place(newsletter, newsletterShards, population.newsletter);
  place(loyal, shardCount - newsletterShards, population.loyal);

  const segments: readonly SegmentName[] = [newsletter, loyal];
  const unsubscribed = unsubscribedPeople(seed, population.newsletter);

  function* rows(): Iterable<PlacedRow> {
    for (const { segment, blob, from, rows: count } of placed) {
      let row = 0;
      for (const content of rowsOf(population, segment, from, from + count)) {
        row += 1;
        yield { segment, blob, row, content };
      }
    }
  }

  const partition = (shard: SampleShard, containerUrl: string) => ({
    name: shard.blob.slice(shard.blob.lastIndexOf('/') + 1),
    refreshTime: exportedAt.toISOString(),
    location: `${containerUrl}/${shard.blob.split('/').map(encodeURIComponent).join('/')}`,
    fileFormatSettings: {
      $type: 'CsvFormatSettings',
      // Absent means that there is no header.
      ...(shard.form.header ? { columnHeaders: true } : {}),
      delimiter: ',',
      encoding: 'UTF-8',
      quoteStyle: 'QuoteStyle.Csv',
      csvStyle: 'CsvStyle.QuoteAlways',
    },
  });

  return {
    prefix,
    segments,
    shards: placed,
    columns: { email: 'EMail', profileId: 'CustomerId', firstName: 'FirstName', lastName: 'LastName' },
    modelBlob: `${prefix}/model.json`,
    model: (containerUrl) =>
      JSON.stringify(
        {
          name: exportName,
          version: '1.0',
          culture: 'en-US',
          modifiedTime: exportedAt.toISOString(),
          'pbi:timeZone': 'UTC',
          entities: segments.map((segment) => ({
            $type: 'LocalEntity',
            name: segment,
            description: '',
            attributes: columnsOf(segment).map(([name, dataType]) => ({ name, dataType })),
            partitions: placed
              .filter((shard) => shard.segment === segment)
              .map((shard) => partition(shard, containerUrl)),
          })),
        },
        undefined,
        2,
      ),
    unsubscribed,
    expected: () => expectedOf(rows(), unsubscribed),
  };
}
