// A zip file of a folder: the same folder makes the same bytes.
import { createWriteStream, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';

/** Of every file: when it was copied says nothing. Zip files tell local time, so this is the same in every zone. */
const mtime = new Date(2000, 0, 1);

export interface Zipped {
  readonly files: number;
  /** Together, uncompressed. */
  readonly unpackedBytes: number;
  readonly zippedBytes: number;
}

/** Names in the zip file begin inside the folder. */
export async function zipFolder(folder: string, zipFile: string): Promise<Zipped> {
  const zip = new ZipFile();
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
  let unpackedBytes = 0;
  for (const path of paths) {
    const content = readFileSync(join(folder, path));
    unpackedBytes += content.length;
    const options = { mtime, mode: 0o100644, forceDosTimestamp: true, compressionLevel: 9 };
    zip.addBuffer(content, path.replaceAll(sep, '/'), options);
  }
  zip.end();
  const output = createWriteStream(zipFile);
  await pipeline(zip.outputStream, output);
  return { files: paths.length, unpackedBytes, zippedBytes: output.bytesWritten };
}
