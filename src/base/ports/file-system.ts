/** The part of a file's metadata that mgit uses. Times are nanoseconds since the epoch. */
export interface FileStat {
  readonly kind: 'file' | 'directory' | 'symlink' | 'other';
  readonly size: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly mode: number;
  readonly ino: bigint;
  readonly dev: bigint;
  readonly uid: number;
  readonly gid: number;
}

/** An open file with positional reads and writes. */
export interface OpenFile {
  /** Fills `buffer` from `position`; returns the number of bytes read, less than asked only at the end of the file. */
  read(buffer: Uint8Array, position: number): Promise<number>;
  /** Writes the whole buffer at `position`. */
  write(buffer: Uint8Array, position: number): Promise<void>;
  /** Writes the whole buffer at the end, in one write where the system takes it. Only for files opened to `append`. */
  append(buffer: Uint8Array): Promise<void>;
  truncate(length: number): Promise<void>;
  /** Makes what was written durable. */
  sync(): Promise<void>;
  stat(): Promise<FileStat>;
  close(): Promise<void>;
}

/**
 * `read`: existing file; `create`: new file, fails with EEXIST; `write`: created or truncated; `update`: existing, writable;
 * `append`: created where missing, written at the end.
 */
export type OpenMode = 'read' | 'create' | 'write' | 'update' | 'append';

/**
 * All access to files goes through this port, so that a test twin can lose unsynced writes.
 * Paths are absolute. Errors are Node's system errors (`ENOENT`, `EEXIST`, `ENOSPC`, ...).
 */
export interface FileSystem {
  open(path: string, mode: OpenMode, permissions?: number): Promise<OpenFile>;
  readFile(path: string): Promise<Uint8Array>;
  /** Follows symbolic links. */
  stat(path: string): Promise<FileStat>;
  lstat(path: string): Promise<FileStat>;
  readDirectory(path: string): Promise<readonly { readonly name: string; readonly kind: FileStat['kind'] }[]>;
  /** Creates the directory and its parents. */
  makeDirectory(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file or symbolic link. */
  removeFile(path: string): Promise<void>;
  /** Removes a directory; with `recursive`, everything below it. */
  removeDirectory(path: string, options?: { readonly recursive?: boolean }): Promise<void>;
  readLink(path: string): Promise<string>;
  symlink(target: string, path: string): Promise<void>;
  chmod(path: string, mode: number): Promise<void>;
  /** Sets when a file was last written, in milliseconds since the epoch. Only its owner may. */
  setModified(path: string, milliseconds: number): Promise<void>;
  realPath(path: string): Promise<string>;
  /** Makes the entries of a directory durable, on systems that can. */
  syncDirectory(path: string): Promise<void>;
  /** Creates a new empty directory of a unique name that begins with `prefix` (an absolute path). */
  makeTemporaryDirectory(prefix: string): Promise<string>;
}
