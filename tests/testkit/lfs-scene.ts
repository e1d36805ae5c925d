import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseDigest } from '../../src/base/ids.ts';
import { lfsObjectPath } from '../../src/remote/lfs-files.ts';
import { formatPointer } from '../../src/remote/pointer.ts';
import { type Scene, scene } from './scene.ts';

/** A repository of somebody who uses git-lfs, which is not installed: the work tree holds pointers. */
export interface LfsScene extends Scene {
  /** Writes a pointer to a path, and the object to the repository's own LFS store. Returns the pointer's text. */
  lfs(path: string, bytes: Uint8Array, store?: string): Promise<string>;
  /** Commits everything with plain git. */
  commit(message: string): Promise<string>;
}

/** Where the repository itself keeps LFS objects. */
export function ownLfsStore(day: Scene): string {
  return join(day.path, '.git', 'lfs');
}

/** Makes it. */
export async function lfsScene(history: 'auto' | 'embedded' | 'system' = 'auto'): Promise<LfsScene> {
  const day = await scene(history);
  return {
    ...day,
    lfs: async (path, bytes, store = ownLfsStore(day)) => {
      const oid = parseDigest(createHash('sha256').update(bytes).digest('hex'));
      const object = lfsObjectPath(store, oid);
      await mkdir(dirname(object), { recursive: true });
      await writeFile(object, bytes);
      const text = formatPointer({ oid, size: bytes.length });
      await day.write(path, text);
      return text;
    },
    commit: async message => {
      await day.git('add', '-A');
      await day.git('commit', '--quiet', '--allow-empty', '-m', message);
      return (await day.git('rev-parse', 'HEAD')).trim();
    },
  };
}
