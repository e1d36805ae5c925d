import type { FileSystem, OpenFile } from '../../../src/base/ports/file-system.ts';
import type { Ports } from '../../../src/base/ports/ports.ts';

/** Ports that count what takes space on the disk, and refuse it from an instant on. */
export interface FailingPorts {
  readonly ports: Ports;
  /** Operations so far that take space. */
  count(): number;
  /** Paths of files that were opened and not closed. */
  leftOpen(): readonly string[];
}

type Take = <Result>(path: string, operation: () => Promise<Result>) => Promise<Result>;

/**
 * Wraps ports so that the disk is full from an operation on (from 1). What frees space, renames and syncs goes on, as on a real one.
 * Programs that are started have a disk of their own.
 */
export function failingPorts(real: Ports, fullFrom: number): FailingPorts {
  let operations = 0;
  const take: Take = async (path, operation) => {
    if (++operations < fullFrom) return operation();
    const message = `ENOSPC: no space left on device, write '${path}'`;
    throw Object.assign(new Error(message), { code: 'ENOSPC', syscall: 'write', path });
  };
  const open = new Map<OpenFile, string>();
  const watched = watchOpen(failingFileSystem(real.fs, take), open);
  return {
    ports: { ...real, fs: watched },
    count: () => operations,
    leftOpen: () => [...open.values()],
  };
}

function watchOpen(fs: FileSystem, open: Map<OpenFile, string>): FileSystem {
  return {
    ...fs,
    open: async (path, mode, permissions) => {
      const file = await fs.open(path, mode, permissions);
      open.set(file, path);
      const close = (): Promise<void> => {
        open.delete(file);
        return file.close();
      };
      return { ...file, close };
    },
  };
}

function failingFileSystem(fs: FileSystem, take: Take): FileSystem {
  return {
    ...fs,
    open: async (path, mode, permissions) => {
      if (mode === 'read') return fs.open(path, mode, permissions);
      const open = (): Promise<OpenFile> => fs.open(path, mode, permissions);
      return failingFile(path, mode === 'update' ? await open() : await take(path, open), take);
    },
    makeDirectory: async path => {
      if (await isThere(fs, path)) return;
      await take(path, () => fs.makeDirectory(path));
    },
    symlink: (target, path) => take(path, () => fs.symlink(target, path)),
    makeTemporaryDirectory: prefix => take(prefix, () => fs.makeTemporaryDirectory(prefix)),
  };
}

function failingFile(path: string, file: OpenFile, take: Take): OpenFile {
  return {
    ...file,
    write: (buffer, position) => take(path, () => file.write(buffer, position)),
    append: buffer => take(path, () => file.append(buffer)),
  };
}

async function isThere(fs: FileSystem, path: string): Promise<boolean> {
  return fs.stat(path).then(
    () => true,
    () => false,
  );
}
