import type { PromiseFsClient } from 'isomorphic-git';
import type { FileStat, FileSystem } from '../../../base/ports/file-system.ts';

/** The file system port in the shape that isomorphic-git expects: the part of Node's `fs.promises` that it uses. */
export function isomorphicFiles(fs: FileSystem): PromiseFsClient {
  return {
    promises: {
      readFile: async (path: string, options?: string | { encoding?: BufferEncoding }) => {
        const bytes = Buffer.from(await fs.readFile(path));
        const encoding = typeof options === 'string' ? (options as BufferEncoding) : options?.encoding;
        return encoding ? bytes.toString(encoding) : bytes;
      },
      writeFile: async (path: string, data: Uint8Array | string) => {
        const file = await fs.open(path, 'write');
        try {
          await file.write(Buffer.from(data as Uint8Array), 0);
          await file.sync();
        } finally {
          await file.close();
        }
      },
      unlink: (path: string) => fs.removeFile(path),
      readdir: async (path: string) => (await fs.readDirectory(path)).map(({ name }) => name),
      mkdir: (path: string) => fs.makeDirectory(path),
      rmdir: (path: string) => fs.removeDirectory(path),
      stat: async (path: string) => nodeStat(await fs.stat(path)),
      lstat: async (path: string) => nodeStat(await fs.lstat(path)),
      readlink: (path: string) => fs.readLink(path),
      symlink: (target: string, path: string) => fs.symlink(target, path),
    },
  };
}

function nodeStat(stat: FileStat): object {
  return {
    size: stat.size,
    mode: stat.mode,
    mtimeMs: Number(stat.mtimeNs / 1_000_000n),
    ctimeMs: Number(stat.ctimeNs / 1_000_000n),
    isFile: () => stat.kind === 'file',
    isDirectory: () => stat.kind === 'directory',
    isSymbolicLink: () => stat.kind === 'symlink',
  };
}
