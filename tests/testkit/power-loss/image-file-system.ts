import { lstat, mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { FileStat, FileSystem, OpenFile } from '../../../src/base/ports/file-system.ts';
import type { DiskNode } from './disk.ts';

/** Reads a directory and what is below it into memory. */
export async function readImage(path: string): Promise<DiskNode> {
  const stat = await lstat(path);
  if (stat.isSymbolicLink()) return { kind: 'symlink', target: await readlink(path) };
  if (stat.isFile()) return { kind: 'file', content: await readFile(path) };
  const entries = new Map<string, DiskNode>();
  for (const name of await readdir(path)) entries.set(name, await readImage(join(path, name)));
  return { kind: 'directory', entries };
}

/** Writes an image to a directory, for programs that read real files. */
export async function writeImage(image: DiskNode, path: string): Promise<void> {
  if (image.kind === 'symlink') return symlink(image.target, path);
  if (image.kind === 'file') return writeFile(path, image.content);
  await mkdir(path);
  for (const [name, node] of image.entries) await writeImage(node, join(path, name));
}

/** An image as a file system that stands at `root` and can only be read. */
export function imageFileSystem(image: DiskNode, root: string): FileSystem {
  const find = (path: string): DiskNode => {
    const name = relative(root, path).split(sep).join('/');
    let node: DiskNode | undefined = name === '..' || name.startsWith('../') ? undefined : image;
    for (const part of name === '' ? [] : name.split('/')) {
      if (node?.kind === 'file') throw systemError('ENOTDIR', path);
      node = node?.kind === 'directory' ? node.entries.get(part) : undefined;
    }
    if (node === undefined) throw systemError('ENOENT', path);
    return node;
  };
  const contentOf = (path: string): Uint8Array => {
    const node = find(path);
    if (node.kind !== 'file') throw systemError('EISDIR', path);
    return node.content;
  };
  const readOnly = async (path: string): Promise<never> => {
    throw systemError('EROFS', path);
  };
  const stat = async (path: string): Promise<FileStat> => statOf(find(path));
  return {
    open: async (path, mode) => (mode === 'read' ? imageFile(contentOf(path), path) : readOnly(path)),
    readFile: async path => contentOf(path),
    stat,
    lstat: stat,
    readDirectory: async path => {
      const node = find(path);
      if (node.kind !== 'directory') throw systemError('ENOTDIR', path);
      return [...node.entries].map(([name, { kind }]) => ({ name, kind }));
    },
    readLink: async path => {
      const node = find(path);
      if (node.kind !== 'symlink') throw systemError('EINVAL', path);
      return node.target;
    },
    realPath: async path => path,
    makeDirectory: readOnly,
    rename: readOnly,
    removeFile: readOnly,
    removeDirectory: readOnly,
    symlink: readOnly,
    chmod: readOnly,
    setModified: readOnly,
    syncDirectory: readOnly,
    makeTemporaryDirectory: readOnly,
  };
}

function imageFile(content: Uint8Array, path: string): OpenFile {
  const readOnly = async (): Promise<never> => {
    throw systemError('EBADF', path);
  };
  return {
    read: async (buffer, position) => {
      const part = content.subarray(position, position + buffer.length);
      buffer.set(part);
      return part.length;
    },
    stat: async () => statOf({ kind: 'file', content }),
    close: async () => {},
    write: readOnly,
    append: readOnly,
    truncate: readOnly,
    sync: readOnly,
  };
}

function statOf(node: DiskNode): FileStat {
  const size = node.kind === 'file' ? node.content.length : 0;
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  return { kind: node.kind, size, mtimeNs: 0n, ctimeNs: 0n, mode: 0o644, ino: 1n, dev: 1n, uid, gid };
}

function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
