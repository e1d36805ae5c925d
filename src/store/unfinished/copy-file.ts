import type { FileSystem } from '../../base/ports/file-system.ts';

const SLICE_BYTES = 4 * 1024 * 1024;

/** Copies a file or symbolic link to a path where there is none, with its permissions, and makes a file durable. */
export async function copyFile(fs: FileSystem, from: string, to: string): Promise<void> {
  const { kind, mode } = await fs.lstat(from);
  if (kind === 'symlink') return fs.symlink(await fs.readLink(from), to);
  const source = await fs.open(from, 'read');
  try {
    const target = await fs.open(to, 'create', mode & 0o777);
    try {
      const slice = new Uint8Array(SLICE_BYTES);
      for (let at = 0, got = slice.length; got === slice.length; at += got) {
        got = await source.read(slice, at);
        await target.write(slice.subarray(0, got), at);
      }
      await target.sync();
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}
