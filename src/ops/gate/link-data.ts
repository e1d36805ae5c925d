import { dirname, isAbsolute, join, posix, resolve } from 'node:path';
import { isSystemError, MgitError } from '../../base/errors.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import type { GateData } from './data.ts';

/**
 * Lets a command find data outside the tree by the path that `mgit.yaml` says, as it would in the work tree: among the target's files, where
 * it runs, a link leads to the data whose digest was checked.
 */
export async function linkCommandData(
  fs: FileSystem,
  data: readonly GateData[],
  { workDirectory, outsideDirectory }: { readonly workDirectory: string; readonly outsideDirectory: string },
): Promise<void> {
  for (const { path, use, source } of data) {
    if (use !== 'command' || source !== 'outside' || isAbsolute(path)) continue;
    const place = join(workDirectory, path);
    await fs.makeDirectory(dirname(place));
    try {
      await fs.symlink(resolve(outsideDirectory, path), place.replace(/\/$/, ''));
    } catch (error) {
      if (!isSystemError(error, 'EEXIST')) throw error; // Another gate reads it too.
    }
  }
}

/** Refuses a path that leads further out than the folder around the work tree: no link among the target's files could stand for it. Errors: `GATE_DATA_UNREACHABLE`. */
export function refuseUnreachable({ path, use }: GateData): void {
  const normal = posix.normalize(path);
  if (use !== 'command' || isAbsolute(path) || !/^\.\.\/\.\.(?:\/|$)|^\.\.$/.test(normal)) return;
  throw new MgitError('GATE_DATA_UNREACHABLE', `a command cannot be given ${path} by a relative path`, {
    hint: 'put the data into the work tree or beside it, or name it by an absolute path',
  });
}
