import { dirname, join } from 'node:path';
import type { Ports } from '../base/ports/ports.ts';
import { makeDurableDirectory } from '../store/packs/durable-directory.ts';
import { orRemove } from '../store/unfinished/or-remove.ts';

/** Writes a small file whole or not at all. For caches: nothing is flushed, a reader must check what it finds. */
export async function writeCacheFile(ports: Ports, path: string, bytes: Uint8Array): Promise<void> {
  await makeDurableDirectory(ports.fs, dirname(path));
  const unique = Buffer.from(ports.randomBytes(8)).toString('hex');
  const temporary = join(dirname(path), `.${unique}.tmp`);
  await orRemove(ports.fs, temporary, async () => {
    const file = await ports.fs.open(temporary, 'create');
    try {
      await file.write(bytes, 0);
    } finally {
      await file.close();
    }
    await ports.fs.rename(temporary, path);
  });
}
