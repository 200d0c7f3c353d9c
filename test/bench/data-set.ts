// Writes the bench's segment to a folder as Customer Insights does: model.json and 8 shards. The same number gives the same bytes.
import { createWriteStream } from 'node:fs';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { cellsOf, columns } from './people';

export const segmentName = 'BenchProfiles';
const shardCount = 8;
const chunkCharacters = 256 * 1024;

export interface DataSet {
  readonly profiles: number;
  readonly folder: string;
  /** Names of files in the folder, in the order in which they are read. */
  readonly shards: readonly string[];
  /** Of all shards. */
  readonly bytes: number;
}

const cell = (value: string) => (/[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
const line = (cells: readonly string[]) => `${cells.map(cell).join(',')}\n`;

function* shardText(from: number, to: number): Iterable<string> {
  let text = line(columns);
  for (let row = from; row < to; row++) {
    text += line(cellsOf(row));
    if (text.length < chunkCharacters) continue;
    yield text;
    text = '';
  }
  yield text;
}

/** `model.json` for shards that lie in the container at `containerUrl`. */
export const modelOf = ({ shards }: Pick<DataSet, 'shards'>, containerUrl: string): string =>
  JSON.stringify({
    name: 'bench',
    version: '1.0',
    entities: [
      {
        $type: 'LocalEntity',
        name: segmentName,
        attributes: columns.map((name) => ({ name, dataType: 'string' })),
        partitions: shards.map((name) => ({
          name,
          location: `${containerUrl}/${name}`,
          fileFormatSettings: { $type: 'CsvFormatSettings', columnHeaders: true, delimiter: ',' },
        })),
      },
    ],
  });

/** @param folder is made. @param containerUrl for the `model.json` in it. */
export async function writeDataSet(folder: string, profiles: number, containerUrl: string): Promise<DataSet> {
  await mkdir(folder, { recursive: true });
  const shards = Array.from({ length: shardCount }, (_, index) => `${segmentName}_${index + 1}.csv`);
  let bytes = 0;
  for (const [index, name] of shards.entries()) {
    const from = Math.floor((profiles * index) / shardCount);
    const to = Math.floor((profiles * (index + 1)) / shardCount);
    const path = join(folder, name);
    await pipeline(Readable.from(shardText(from, to)), createWriteStream(path));
    bytes += (await stat(path)).size;
  }
  await writeFile(join(folder, 'model.json'), modelOf({ shards }, containerUrl));
  return { profiles, folder, shards, bytes };
}
