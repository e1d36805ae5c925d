import { basename, dirname, join } from 'node:path';
import { isSystemError, MgitError } from '../../base/errors.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import type { Ports } from '../../base/ports/ports.ts';
import { makeDurableDirectory } from '../../store/packs/durable-directory.ts';

/** Whether a result is one file. */
export function isSingleFile(out: string): boolean {
  return out.endsWith('.safetensors');
}

/** What is at the target: nothing, an empty folder, or something that nobody asked to replace. Errors: `OUTPUT_EXISTS`. */
export async function refuseExisting(fs: FileSystem, target: string, force: boolean): Promise<void> {
  const kind = await kindOf(fs, target);
  if (kind === undefined || force) return;
  if (kind === 'directory' && (await fs.readDirectory(target)).length === 0) return;
  throw new MgitError('OUTPUT_EXISTS', `${target} exists`, {
    hint: 'name another place, or replace it with --force',
  });
}

/**
 * Makes a folder `target` (absolute), or a file of that name where `make` is to leave one of the target's name ({@link isSingleFile}), in place of
 * what is there: `make` fills a folder beside it, whose parents are made where they are missing, with files that are on the disk when it returns.
 * Nothing is left of it where it fails. Errors: those of `make`; of the file system.
 */
export async function makeOutput<Result>(
  { fs, randomBytes }: Ports,
  target: string,
  make: (folder: string) => Promise<Result>,
): Promise<Result> {
  const unique = Buffer.from(randomBytes(8)).toString('hex');
  const folder = join(dirname(target), `.${basename(target)}.${unique}.mgit`);
  await makeDurableDirectory(fs, folder);
  try {
    const result = await make(folder);
    if (isSingleFile(target)) {
      await replace(fs, join(folder, basename(target)), target);
      await fs.removeDirectory(folder);
    } else {
      await fs.syncDirectory(folder);
      await replace(fs, folder, target);
    }
    return result;
  } catch (error) {
    await fs.removeDirectory(folder, { recursive: true }).catch(() => {}); // The first failure is the one to tell of.
    throw error;
  }
}

/** Moves what stood there aside first: a crash in between leaves both. */
export async function replace(fs: FileSystem, made: string, target: string): Promise<void> {
  const kind = await kindOf(fs, target);
  const aside = kind === undefined ? undefined : `${made}.replaced`;
  if (aside) await fs.rename(target, aside);
  await fs.rename(made, target);
  await fs.syncDirectory(dirname(target));
  if (aside && kind === 'directory') await fs.removeDirectory(aside, { recursive: true });
  else if (aside) await fs.removeFile(aside);
}

async function kindOf(fs: FileSystem, path: string): Promise<string | undefined> {
  try {
    return (await fs.lstat(path)).kind;
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

/** Writes a small file, on the disk when this returns. */
export async function writeSmall(fs: FileSystem, path: string, bytes: Uint8Array): Promise<void> {
  const file = await fs.open(path, 'write');
  try {
    await file.write(bytes, 0);
    await file.sync();
  } finally {
    await file.close();
  }
}
