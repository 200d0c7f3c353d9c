// The secrets of the emulated vault: versions of each, deleted ones that can still be recovered, kept in one file if asked.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export interface Attributes {
  enabled: boolean;
  /** Seconds since 1970, as all times of Key Vault. */
  created: number;
  updated: number;
  nbf?: number;
  exp?: number;
}

export interface Version {
  readonly id: string;
  readonly value: string;
  contentType?: string;
  tags?: Record<string, string>;
  readonly attributes: Attributes;
}

export interface Secret {
  /** The oldest first. */
  readonly versions: Version[];
  deletedAt?: number;
}

/** What a caller may set of a version. */
export interface Changes {
  readonly contentType?: string | undefined;
  readonly tags?: Record<string, string> | undefined;
  readonly attributes?:
    | {
        readonly enabled?: boolean | undefined;
        readonly nbf?: number | undefined;
        readonly exp?: number | undefined;
      }
    | undefined;
}

export function makeSecrets(dataFile: string | undefined, clock: { now(): number } = Date) {
  const secrets = new Map<string, Secret>();
  if (dataFile !== undefined && existsSync(dataFile)) {
    const kept = JSON.parse(readFileSync(dataFile, 'utf8')) as Record<string, Secret>;
    for (const [name, secret] of Object.entries(kept)) secrets.set(name, secret);
  }

  function save(): void {
    if (dataFile === undefined) return;
    mkdirSync(dirname(dataFile), { recursive: true });
    // In one step: a kill half way leaves the old file.
    writeFileSync(`${dataFile}.next`, JSON.stringify(Object.fromEntries(secrets)), { mode: 0o600 });
    renameSync(`${dataFile}.next`, dataFile);
  }

  const seconds = () => Math.floor(clock.now() / 1_000);
  // Case makes no difference to a name, as in Key Vault.
  const key = (name: string) => name.toLowerCase();

  function assign(version: Version, changes: Changes): void {
    const { enabled, nbf, exp } = changes.attributes ?? {};
    if (enabled !== undefined) version.attributes.enabled = enabled;
    if (nbf !== undefined) version.attributes.nbf = nbf;
    if (exp !== undefined) version.attributes.exp = exp;
    if (changes.contentType !== undefined) version.contentType = changes.contentType;
    if (changes.tags !== undefined) version.tags = changes.tags;
    version.attributes.updated = seconds();
  }

  const secretsOf = (deleted: boolean) =>
    [...secrets]
      .filter(([, secret]) => (secret.deletedAt !== undefined) === deleted)
      .sort(([a], [b]) => (a < b ? -1 : 1));

  return {
    live: (name: string): Secret | undefined => {
      const secret = secrets.get(key(name));
      return secret?.deletedAt === undefined ? secret : undefined;
    },
    deleted: (name: string): Secret | undefined => {
      const secret = secrets.get(key(name));
      return secret?.deletedAt === undefined ? undefined : secret;
    },
    all: () => secretsOf(false),
    allDeleted: () => secretsOf(true),

    add(name: string, value: string, changes: Changes): Version {
      const attributes = { enabled: true, created: seconds(), updated: seconds() };
      const version: Version = { id: randomBytes(16).toString('hex'), value, attributes };
      assign(version, changes);
      const secret = secrets.get(key(name)) ?? { versions: [] };
      secret.versions.push(version);
      secrets.set(key(name), secret);
      save();
      return version;
    },

    update(version: Version, changes: Changes): void {
      assign(version, changes);
      save();
    },

    delete(secret: Secret): void {
      secret.deletedAt = seconds();
      save();
    },

    recover(secret: Secret): void {
      delete secret.deletedAt;
      save();
    },

    purge(name: string): void {
      secrets.delete(key(name));
      save();
    },
  };
}

export type Secrets = ReturnType<typeof makeSecrets>;
