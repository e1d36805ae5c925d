import { join } from 'node:path';
import { isSystemError } from '../../base/errors.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';

const DAY_NS = 24n * 3600n * 1_000_000_000n;

/**
 * Removes what crashed programs left in a directory of unfinished files: whatever nobody has written to for a day. `now` is in
 * milliseconds since the epoch. What another process removes or still holds open is left to it.
 */
export async function removeStale(fs: FileSystem, directory: string, now: number): Promise<void> {
  const oldest = BigInt(now) * 1_000_000n - DAY_NS;
  for (const { name, kind } of await fs.readDirectory(directory)) {
    const path = join(directory, name);
    if ((await newestIn(fs, path, kind)) >= oldest) continue;
    const removal =
      kind === 'directory' ? fs.removeDirectory(path, { recursive: true }) : fs.removeFile(path);
    await removal.catch(ignoreContested);
  }
}

/** When something was last written at a path or below it, in nanoseconds. */
async function newestIn(fs: FileSystem, path: string, kind: string): Promise<bigint> {
  const stat = await fs.lstat(path).catch(ignoreContested);
  let newest = stat?.mtimeNs ?? 0n;
  if (kind !== 'directory') return newest;
  for (const entry of (await fs.readDirectory(path).catch(ignoreContested)) ?? []) {
    const below = await newestIn(fs, join(path, entry.name), entry.kind);
    if (below > newest) newest = below;
  }
  return newest;
}

function ignoreContested(error: unknown): undefined {
  if (!isSystemError(error, 'ENOENT', 'EBUSY', 'EPERM', 'EACCES', 'ENOTEMPTY')) throw error;
  return undefined;
}
