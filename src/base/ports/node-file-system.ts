import { type BigIntStats, constants, promises as fs } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isSystemError } from '../errors.ts';
import type { FileStat, FileSystem, OpenFile, OpenMode } from './file-system.ts';

const OPEN_FLAGS: Readonly<Record<OpenMode, number>> = {
  read: constants.O_RDONLY,
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
  write: constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC,
  update: constants.O_RDWR,
  append: constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND,
};

/** The real file system, on Node's own API. */
export function nodeFileSystem(): FileSystem {
  return {
    open: async (path, mode, permissions = 0o666) =>
      nodeOpenFile(path, await fs.open(path, OPEN_FLAGS[mode], permissions)),
    readFile: path => naming(path, fs.readFile(path)),
    stat: async path => fileStat(await fs.stat(path, { bigint: true })),
    lstat: async path => fileStat(await fs.lstat(path, { bigint: true })),
    readDirectory: async path =>
      (await fs.readdir(path, { withFileTypes: true })).map(entry => ({
        name: entry.name,
        kind: kindOf(entry),
      })),
    makeDirectory,
    rename: renameWithRetry,
    removeFile: path => fs.unlink(path),
    removeDirectory: (path, options) =>
      options?.recursive ? fs.rm(path, { recursive: true, maxRetries: 3 }) : fs.rmdir(path),
    readLink: path => fs.readlink(path),
    symlink: (target, path) => fs.symlink(target, path),
    chmod: (path, mode) => fs.chmod(path, mode),
    setModified: (path, milliseconds) => fs.utimes(path, milliseconds / 1000, milliseconds / 1000),
    realPath: path => fs.realpath(path),
    syncDirectory,
    makeTemporaryDirectory: prefix => fs.mkdtemp(prefix),
  };
}

/**
 * Node says `ENOENT` whatever it is that keeps it from making a folder with its parents (a read-only file system, a used-up quota);
 * made one by one, the system says what.
 */
async function makeDirectory(path: string): Promise<void> {
  try {
    await fs.mkdir(path, { recursive: true });
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
    await makeOneByOne(path);
  }
}

async function makeOneByOne(path: string): Promise<void> {
  try {
    await fs.mkdir(path);
  } catch (error) {
    if (isSystemError(error, 'EEXIST') && (await fs.stat(path)).isDirectory()) return;
    if (!isSystemError(error, 'ENOENT') || dirname(path) === path) throw error;
    await makeOneByOne(dirname(path));
    await makeOneByOne(path);
  }
}

function nodeOpenFile(path: string, handle: FileHandle): OpenFile {
  return {
    read: (buffer, position) => naming(path, readFully(handle, buffer, position)),
    write: (buffer, position) => naming(path, writeFully(handle, buffer, position)),
    append: buffer => naming(path, appendFully(handle, buffer)),
    truncate: length => naming(path, handle.truncate(length)),
    sync: () => naming(path, handle.sync()),
    stat: async () => fileStat(await naming(path, handle.stat({ bigint: true }))),
    close: () => naming(path, handle.close()),
  };
}

/** Node does not say which file it is about when work on an open one fails. */
async function naming<Result>(path: string, work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Error && !('path' in error)) Object.assign(error, { path });
    throw error;
  }
}

async function readFully(handle: FileHandle, buffer: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < buffer.length) {
    const { bytesRead } = await handle.read(buffer, done, buffer.length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

async function writeFully(handle: FileHandle, buffer: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < buffer.length) {
    const { bytesWritten } = await handle.write(buffer, done, buffer.length - done, position + done);
    done += bytesWritten;
  }
}

/** Without a position: some systems honour one even where a file was opened to append. */
async function appendFully(handle: FileHandle, buffer: Uint8Array): Promise<void> {
  for (let done = 0; done < buffer.length; )
    done += (await handle.write(buffer, done, buffer.length - done, null)).bytesWritten;
}

/** Windows answers EBUSY or EPERM while a virus scanner holds the target: retried for about a second. */
async function renameWithRetry(from: string, to: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await fs.rename(from, to);
    } catch (error) {
      if (attempt >= 10 || !isSystemError(error, 'EBUSY', 'EPERM', 'EACCES') || process.platform !== 'win32')
        throw error;
      await new Promise(resolve => setTimeout(resolve, 10 * 2 ** Math.min(attempt, 4)));
    }
  }
}

async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return; // Windows has no way to flush a directory.
  const handle = await fs.open(path, constants.O_RDONLY);
  try {
    await naming(path, handle.sync());
  } finally {
    await handle.close();
  }
}

function kindOf(entry: {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}): FileStat['kind'] {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'directory';
  return entry.isSymbolicLink() ? 'symlink' : 'other';
}

function fileStat(stats: BigIntStats): FileStat {
  return {
    kind: kindOf(stats),
    size: Number(stats.size),
    mtimeNs: stats.mtimeNs,
    ctimeNs: stats.ctimeNs,
    mode: Number(stats.mode),
    ino: stats.ino,
    dev: stats.dev,
    uid: Number(stats.uid),
    gid: Number(stats.gid),
  };
}
