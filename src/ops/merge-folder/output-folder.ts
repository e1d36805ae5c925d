import { basename, dirname, join } from 'node:path';
import { isSystemError, MgitError } from '../../base/errors.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import type { Ports } from '../../base/ports/ports.ts';
import { makeDurableDirectory } from '../../store/packs/durable-directory.ts';

/** Where a result is made, before it has its name. */
export interface StagedOutput {
  /** An empty folder beside the target, absolute. */
  readonly staging: string;
  /** Gives what was made the target's name, in place of what was there. */
  finish(): Promise<void>;
  abandon(): Promise<void>;
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

/** Makes a folder beside `target` (absolute), whose parents are made where they are missing. */
export async function stageOutput({ fs, randomBytes }: Ports, target: string): Promise<StagedOutput> {
  const unique = Buffer.from(randomBytes(8)).toString('hex');
  const staging = join(dirname(target), `.${basename(target)}.${unique}.mgit`);
  await makeDurableDirectory(fs, staging);
  return {
    staging,
    finish: () => replace(fs, staging, target),
    abandon: () => fs.removeDirectory(staging, { recursive: true }),
  };
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
