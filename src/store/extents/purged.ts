import { join } from 'node:path';
import { isSystemError, MgitError } from '../../base/errors.ts';
import { type Digest, parseDigest } from '../../base/ids.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import { makeDurableDirectory } from '../packs/durable-directory.ts';

/** Who took an extent down, when and why. */
export interface Tombstone {
  /** `Name <email>`. */
  readonly by: string;
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly reason: string | null;
}

/** The extents that were taken down on purpose, one small file each: see "Local store" in `docs/format.md`. */
export interface PurgedExtents {
  list(): Promise<ReadonlySet<Digest>>;
  /** Undefined for an extent that was not taken down. Errors: `TOMBSTONE_CORRUPT`. */
  find(digest: Digest): Promise<Tombstone | undefined>;
  /** Durable when it returns. The first tombstone of an extent stays. */
  bury(digests: Iterable<Digest>, tombstone: Tombstone): Promise<void>;
}

/** A longer reason is refused. Code units. */
export const LONGEST_REASON = 2000;

/** The tombstones below mgit's own directory (absolute). */
export function purgedExtents(fs: FileSystem, mgitDirectory: string): PurgedExtents {
  const directory = join(mgitDirectory, 'purged');
  return {
    list: async () => {
      const names = await ifThere(() => fs.readDirectory(directory));
      const digests = (names ?? []).map(({ name }) => name).filter(name => /^[0-9a-f]{64}$/.test(name));
      return new Set(digests.map(parseDigest));
    },
    find: async digest => {
      const bytes = await ifThere(() => fs.readFile(join(directory, digest)));
      return bytes && parseTombstone(digest, bytes);
    },
    bury: async (digests, tombstone) => {
      await makeDurableDirectory(fs, directory);
      const text = Buffer.from(`${JSON.stringify({ version: 1, ...tombstone })}\n`);
      for (const digest of digests) {
        const path = join(directory, digest);
        if (!(await ifThere(() => fs.stat(path)))) await writeWhole(fs, path, text);
      }
      await fs.syncDirectory(directory);
    },
  };
}

/** The error of an extent that was taken down. */
export function extentPurged(digest: Digest, { by, time, reason }: Tombstone): MgitError {
  const why = reason === null ? '' : `: ${reason}`;
  return new MgitError(
    'EXTENT_PURGED',
    `the data ${digest.slice(0, 12)} was purged by ${by} on ${time.slice(0, 10)}${why}`,
    { hint: 'it was taken down on purpose; ask them', details: { digest, by, time, reason } },
  );
}

async function writeWhole(fs: FileSystem, path: string, bytes: Uint8Array): Promise<void> {
  const file = await fs.open(`${path}.tmp`, 'write');
  try {
    await file.write(bytes, 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await fs.rename(`${path}.tmp`, path);
}

function parseTombstone(digest: Digest, bytes: Uint8Array): Tombstone {
  try {
    const { version, by, time, reason } = JSON.parse(Buffer.from(bytes).toString('utf8'));
    const isValid =
      version === 1 &&
      typeof by === 'string' &&
      typeof time === 'string' &&
      !Number.isNaN(Date.parse(time)) &&
      (reason === null || typeof reason === 'string');
    if (isValid) return { by, time, reason };
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
  }
  throw new MgitError('TOMBSTONE_CORRUPT', `what says that ${digest} was purged cannot be read`, {
    hint: `see mgit/purged/${digest} in the Git directory`,
    details: { digest },
  });
}

async function ifThere<Result>(read: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await read();
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}
