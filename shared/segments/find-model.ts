// Finds the one model.json below the configured prefix, by walking folders: a flat listing would list every file of every past export.
import type { BlobFacts, BlobReader } from '../platform/blobs';
import { ModelAmbiguous, ModelMissing, PrefixTooWide } from './errors';
import { mapLimited } from './map-limited';

/** Listings at a time, and the most in one search: a container that holds other things too must not cost minutes. */
const listingsAtOnce = 8;
const mostFolders = 2000;

/**
 * Folders beside a model.json hold its data: a second model is looked for right in them, and not among the folders of past exports below.
 */
export async function findModel(blobs: BlobReader, root: string): Promise<BlobFacts> {
  const found: BlobFacts[] = [];
  let seen = 0;
  let folders: readonly { readonly path: string; readonly besideModel: boolean }[] = [
    { path: root, besideModel: false },
  ];
  while (folders.length > 0) {
    seen += folders.length;
    if (seen > mostFolders) throw new PrefixTooWide(root, mostFolders);
    const below = await mapLimited(folders, listingsAtOnce, async ({ path, besideModel }) => {
      const level = await blobs.level(path);
      const model = level.blobs.find(({ name }) => name === `${path}model.json`);
      if (model) found.push(model);
      if (besideModel) return [];
      return level.folders.map((folder) => ({ path: folder, besideModel: model !== undefined }));
    });
    folders = below.flat();
  }
  const [model] = found;
  if (!model) throw new ModelMissing(root);
  if (found.length > 1) throw new ModelAmbiguous(root, found.map(({ name }) => name).sort());
  return model;
}
