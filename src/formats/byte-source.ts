import { MgitError } from '../base/errors.ts';
import type { FileStat, FileSystem, OpenFile } from '../base/ports/file-system.ts';
import type { ByteSource } from './checkpoint.ts';

/** The bytes of an open file. Dispose it to close the file. */
export interface FileByteSource extends ByteSource, AsyncDisposable {
  /** The file as it was when it was opened. */
  readonly stat: FileStat;
  readInto(target: Uint8Array, offset: number): Promise<void>;
  checkUnchanged(): Promise<void>;
}

/** Opens a file for reading at any offset. `path` is absolute. Errors: those of the file system; `FILE_NOT_REGULAR`. */
export async function openByteSource(fs: FileSystem, path: string): Promise<FileByteSource> {
  const file = await fs.open(path, 'read');
  try {
    const stat = await file.stat();
    if (stat.kind !== 'file')
      throw new MgitError('FILE_NOT_REGULAR', `${path} is a ${stat.kind}, not a regular file`);
    return fileByteSource(file, path, stat);
  } catch (error) {
    await file.close();
    throw error;
  }
}

function fileByteSource(file: OpenFile, path: string, stat: FileStat): FileByteSource {
  const readInto = async (target: Uint8Array, offset: number): Promise<void> => {
    const done = await file.read(target, offset);
    if (done < target.length) throw truncated(path, offset, target.length);
  };
  return {
    size: stat.size,
    stat,
    readInto,
    read: async (offset, length) => {
      if (offset + length > stat.size) throw truncated(path, offset, length);
      const bytes = new Uint8Array(length);
      await readInto(bytes, offset);
      return bytes;
    },
    checkUnchanged: async () => {
      const now = await file.stat();
      if (now.size !== stat.size || now.mtimeNs !== stat.mtimeNs || now.ino !== stat.ino)
        throw new MgitError('FILE_CHANGED', `${path} changed while it was read`, {
          hint: 'wait until the program that writes it has finished, then run the command again',
        });
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}

/** Bytes in memory as a source. Reads are views, not copies: callers must not write to them. */
export function memoryByteSource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read: async (offset, length) => {
      if (offset + length > bytes.length) throw truncated('the data', offset, length);
      return bytes.subarray(offset, offset + length);
    },
  };
}

function truncated(what: string, offset: number, length: number): MgitError {
  return new MgitError('FILE_TRUNCATED', `${what} ends before byte ${offset + length}`, {
    hint: 'copy or download the file again',
  });
}
