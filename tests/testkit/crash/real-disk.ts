import { mkdir, rm, statfs, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../programs.ts';

/** A file system of its own whose free space a test decides. Mounting takes root's rights. */
export interface RealDisk extends AsyncDisposable {
  /** Absolute. */
  readonly path: string;
  /** What a command must say when there is no space left. */
  readonly code: 'DISK_FULL' | 'QUOTA_EXCEEDED';
  /** Leaves so many bytes free, from what is used now. */
  leave(bytes: number): Promise<void>;
}

const MIB = 1024 * 1024;
const DISK_BYTES = 512 * MIB;

/** A disk in memory: what is over its size is `ENOSPC`. */
export async function memoryDisk(directory: string): Promise<RealDisk> {
  const path = join(directory, 'memory');
  await mkdir(path);
  await run('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', path]);
  return {
    path,
    code: 'DISK_FULL',
    leave: async bytes => {
      const { blocks, bfree, bsize } = await statfs(path);
      const size = Math.min(DISK_BYTES, (blocks - bfree) * bsize + bytes);
      await run('mount', ['-o', `remount,size=${size}`, path]);
    },
    [Symbol.asyncDispose]: () => unmount(path),
  };
}

/** A subvolume of btrfs with a limit: what is over it is `EDQUOT`, for root too. */
export async function quotaDisk(directory: string): Promise<RealDisk> {
  const [image, mounted] = [join(directory, 'btrfs.img'), join(directory, 'btrfs')];
  await writeFile(image, '');
  await truncate(image, 2 * DISK_BYTES);
  await mkdir(mounted);
  await run('mkfs.btrfs', ['-q', image]);
  await run('mount', ['-o', 'loop', image, mounted]);
  const path = join(mounted, 'limited');
  await run('btrfs', ['quota', 'enable', mounted]);
  await run('btrfs', ['subvolume', 'create', path]);
  const { stdout: id } = await run('btrfs', ['inspect-internal', 'rootid', path]);
  // Asked for by the subvolume's own path, the change of a limit would itself count against the limit.
  const limit = (bytes: string) => run('btrfs', ['qgroup', 'limit', bytes, `0/${id.trim()}`, mounted]);
  return {
    path,
    code: 'QUOTA_EXCEEDED',
    leave: async bytes => {
      await limit('none');
      await run('sync', ['-f', mounted]);
      await limit(String((await usedOf(path)) + bytes));
    },
    [Symbol.asyncDispose]: async () => {
      await unmount(mounted);
      await rm(image);
    },
  };
}

/** Bytes that a subvolume refers to. */
async function usedOf(path: string): Promise<number> {
  const { stdout } = await run('btrfs', ['qgroup', 'show', '--raw', '--sync', '-f', path]);
  const used = /^\d+\/\d+\s+(\d+)/m.exec(stdout)?.[1];
  if (used === undefined) throw new Error(`btrfs qgroup show says: ${stdout}`);
  return Number(used);
}

function unmount(path: string): Promise<void> {
  return run('umount', [path]).then(() => undefined);
}
