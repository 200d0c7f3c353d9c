// Blob storage made of files in a folder, as far as preparing a run needs it: so that its speed is measured file to file.
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rm, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { BlobChanged, type BlobFacts, type BlobStore } from '../../shared/platform/blobs';

const readBytes = 256 * 1024;

export function makeFileBlobs(folder: string): BlobStore {
  const pathOf = (name: string) => join(folder, name);
  const orUndefined = async <T>(work: Promise<T>): Promise<T | undefined> => {
    try {
      return await work;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  };
  const factsOf = async (name: string): Promise<BlobFacts | undefined> => {
    const found = await orUndefined(stat(pathOf(name)));
    return (
      found && {
        name,
        etag: `"${found.size}-${found.mtimeMs}"`,
        bytes: found.size,
        lastModified: found.mtime,
      }
    );
  };
  const put = async (name: string, content: Uint8Array | string, flag: 'w' | 'wx') => {
    await mkdir(dirname(pathOf(name)), { recursive: true });
    await writeFile(pathOf(name), content, { flag });
  };

  const store: BlobStore = {
    async prepare() {
      await mkdir(folder, { recursive: true });
    },
    async level(prefix) {
      const names = (await readdir(folder)).filter((name) => name.startsWith(prefix)).sort();
      const found = await Promise.all(names.map(factsOf));
      return { blobs: found.filter((facts) => facts !== undefined), folders: [] };
    },
    async *list(prefix) {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      const names = entries
        .filter((entry) => entry.isFile())
        .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
      for (const name of names.filter((each) => each.startsWith(prefix)).sort()) {
        const facts = await factsOf(name);
        if (facts) yield facts;
      }
    },
    facts: factsOf,
    async read(name) {
      const facts = await factsOf(name);
      return facts && { content: await readFile(pathOf(name)), facts };
    },
    async stream(name, etag) {
      if ((await factsOf(name))?.etag !== etag) throw new BlobChanged(name);
      return createReadStream(pathOf(name), { highWaterMark: readBytes });
    },
    async create(name, content) {
      try {
        await put(name, content, 'wx');
        return true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
        throw error;
      }
    },
    write: (name, content) => put(name, content, 'w'),
    replace: () => Promise.reject(new Error('not used')),
    upload(name) {
      let file: FileHandle | undefined;
      return {
        async append(bytes) {
          if (!file) {
            await mkdir(dirname(pathOf(name)), { recursive: true });
            file = await open(pathOf(name), 'w');
          }
          await file.writeFile(bytes);
        },
        async commit() {
          await file?.close();
        },
      };
    },
    remove: (name) => rm(pathOf(name), { force: true }),
    async removeAll(prefix) {
      for await (const { name } of store.list(prefix)) await store.remove(name);
    },
  };
  return store;
}
