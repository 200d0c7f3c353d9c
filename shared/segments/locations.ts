// Which blob a partition's `location` means. The model is a file that others write, so a location outside of what was configured is refused.

/** Where segments are read, and nowhere else. */
export interface SegmentRoot {
  /** URL of the configured container, such as `https://account.blob.core.windows.net/segments`, or Azurite's with the account in the path. */
  readonly containerUrl: string;
  /** Empty, or ending in a slash. */
  readonly root: string;
  /** Folder of model.json, which relative locations start from; empty, or ending in a slash. */
  readonly folder: string;
}

export type Located =
  | { readonly blob: string; readonly snapshot: Date | undefined }
  /** `refused` completes the sentence "it …". */
  | { readonly refused: string };

const loopback = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** Data Lake's endpoint of an account serves the same files as its blob endpoint. */
const asBlobHost = (host: string) =>
  host.toLowerCase().replace(/^([a-z0-9-]+(?:\.z\d+)?)\.dfs\./, '$1.blob.');

/** Loopback ports change from one start of Azurite to the next, and nothing is fetched from the location: only its path is used. */
function sameAccount(location: URL, container: URL): boolean {
  if (location.username !== '' || location.password !== '') return false;
  if (loopback.has(container.hostname)) return loopback.has(location.hostname);
  return location.protocol === 'https:' && asBlobHost(location.host) === asBlobHost(container.host);
}

const isUnsafe = (name: string) =>
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  /[\u0000-\u001f\u007f\\]/.test(name) ||
  /%(2e|2f|5c)/i.test(name) ||
  name.endsWith('/') ||
  name.split('/').some((part) => /^\.+\s*$/.test(part));

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

export function locate(location: string, { containerUrl, root, folder }: SegmentRoot): Located {
  // Split by hand: a URL parser would resolve `..` before it can be seen.
  const [, origin = '', rawPath = '', rawQuery = ''] =
    /^([a-z][a-z0-9+.-]*:\/\/[^/?#]*)?([^?#]*)(?:\?([^#]*))?/i.exec(location) ?? [];
  const path = decoded(rawPath);
  if (path === undefined) return { refused: 'is not properly percent-encoded' };
  if (isUnsafe(path))
    return { refused: 'holds "..", a backslash or another character that has no place in a path' };

  let blob: string;
  if (origin === '') {
    if (path === '' || path.startsWith('/') || /^[a-z][a-z0-9+.-]*:/i.test(path))
      return { refused: 'is neither a web address nor a relative path' };
    blob = folder + path;
  } else {
    const container = new URL(containerUrl);
    if (!URL.canParse(origin) || !sameAccount(new URL(origin), container))
      return { refused: 'names another storage account' };
    const start = `${decoded(container.pathname.replace(/\/+$/, '')) ?? ''}/`;
    // Names of accounts and containers are lower-case, however somebody writes them.
    if (path.slice(0, start.length).toLowerCase() !== start.toLowerCase())
      return { refused: 'names another container' };
    blob = path.slice(start.length);
  }
  if (blob === '' || !blob.startsWith(root)) return { refused: 'lies outside of the configured prefix' };

  // The query is a signature, which is dropped (the app has its own access), or names a version.
  const query = new URLSearchParams(rawQuery);
  if (query.has('versionid')) return { refused: 'names an older version of the file' };
  const snapshot = query.get('snapshot');
  if (snapshot === null) return { blob, snapshot: undefined };
  const taken = new Date(snapshot);
  return Number.isNaN(taken.getTime())
    ? { refused: 'names a snapshot whose time cannot be read' }
    : { blob, snapshot: taken };
}
