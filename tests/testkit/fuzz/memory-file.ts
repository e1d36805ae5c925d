import type { FileStat, FileSystem, OpenFile } from '../../../src/base/ports/file-system.ts';

const never = (): never => {
  throw new Error('a parser writes');
};

/** Bytes as an open file that can only be read. */
export function memoryFile(bytes: Uint8Array): OpenFile {
  return {
    read: async (buffer, position) => {
      const part = bytes.subarray(position, position + buffer.length);
      buffer.set(part);
      return part.length;
    },
    stat: async () => ({ kind: 'file', size: bytes.length }) as FileStat,
    close: async () => {},
    write: never,
    append: never,
    truncate: never,
    sync: never,
  };
}

/** A file system on which every path is the file of these bytes. */
export function onlyFile(bytes: Uint8Array): FileSystem {
  return { open: async () => memoryFile(bytes) } as unknown as FileSystem;
}
