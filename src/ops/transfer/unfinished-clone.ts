import { dirname, join, resolve } from 'node:path';
import { isSystemError, MgitError } from '../../base/errors.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import { makeDurableDirectory } from '../../store/packs/durable-directory.ts';

/** Where a clone goes. */
export interface ClonePlace {
  /** Absolute. */
  readonly directory: string;
  readonly bare: boolean;
  /** The URL and all else that decides what is made, on one line. */
  readonly what: string;
}

/** A clone that has begun: a mark in its directory says so until it is done. */
export interface UnfinishedClone {
  /** What has come stays, no longer as a clone that waits to be finished. */
  finish(): Promise<void>;
  /** Removes what this run made; a clone that was found unfinished stays so. */
  giveUp(): Promise<void>;
}

/**
 * Begins a clone in a directory that is absent or empty, or goes on with one of the same URL that was cut off there.
 * Errors: `DIRECTORY_NOT_EMPTY`.
 */
export async function beginClone(fs: FileSystem, place: ClonePlace): Promise<UnfinishedClone> {
  const found = await stateOf(fs, place);
  const mark = markOf(place);
  if (found !== 'unfinished') await setMark(fs, mark, textOf(place));
  return {
    finish: () => fs.removeFile(mark), // Where it comes back after a loss of power, going on has nothing to do.
    giveUp: async () => {
      if (found === 'absent') await fs.removeDirectory(place.directory, { recursive: true });
      if (found === 'empty') await removeContent(fs, place.directory);
    },
  };
}

function markOf(place: ClonePlace): string {
  return join(place.directory, ...foldersOf(place), 'cloning');
}

function foldersOf({ bare }: ClonePlace): readonly string[] {
  return bare ? ['mgit'] : ['.git', 'mgit'];
}

function textOf({ what }: ClonePlace): string {
  return `${what}\n`;
}

/** Durable before anything else is there: one that holds only the beginning of its text stands alone. */
async function setMark(fs: FileSystem, path: string, text: string): Promise<void> {
  await makeDurableDirectory(fs, dirname(path));
  const file = await fs.open(path, 'write');
  try {
    await file.write(Buffer.from(text), 0);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function stateOf(fs: FileSystem, place: ClonePlace): Promise<'absent' | 'empty' | 'unfinished'> {
  try {
    if (await isFreeOfFiles(fs, place)) return 'empty';
    const begun = Buffer.from(await fs.readFile(markOf(place))).toString('utf8');
    if (textOf(place).startsWith(begun)) return 'unfinished';
    throw notEmpty(place, 'repeat the clone that was cut off there as it was begun, or remove the directory');
  } catch (error) {
    if (isSystemError(error, 'ENOENT') && !(await isThere(fs, place.directory))) return 'absent';
    if (!isSystemError(error, 'ENOENT', 'ENOTDIR')) throw error;
  }
  throw notEmpty(place, 'name another directory: mgit clone <url> <dir>');
}

function notEmpty({ directory }: ClonePlace, hint: string): MgitError {
  return new MgitError('DIRECTORY_NOT_EMPTY', `${directory} exists and is not an empty directory`, { hint });
}

async function isThere(fs: FileSystem, path: string): Promise<boolean> {
  return fs.stat(path).then(
    () => true,
    () => false,
  );
}

/** Empty, but for the folders that a clone makes for its mark. */
async function isFreeOfFiles(fs: FileSystem, place: ClonePlace): Promise<boolean> {
  let at = place.directory;
  for (const folder of foldersOf(place)) {
    const names = (await fs.readDirectory(at)).map(({ name }) => name);
    if (names.length === 0) return true;
    if (names.length > 1 || names[0] !== folder) return false;
    at = join(at, folder);
  }
  return (await fs.readDirectory(at)).length === 0;
}

async function removeContent(fs: FileSystem, directory: string): Promise<void> {
  for (const { name, kind } of await fs.readDirectory(directory))
    if (kind === 'directory') await fs.removeDirectory(resolve(directory, name), { recursive: true });
    else await fs.removeFile(resolve(directory, name));
}
