import { join } from 'node:path';
import { isSystemError } from '../../base/errors.ts';
import { type PackId, parsePackId } from '../../base/ids.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import { orRemove } from '../unfinished/or-remove.ts';

/** Says, in mgit's own directory, which packs are being removed: one id per line. Nobody may rely on them any more. */
const NAME = 'condemned';

/** The packs that are being removed, or were when a crash came in between: it counts only while the lock is held. */
export async function readCondemned(fs: FileSystem, directory: string): Promise<ReadonlySet<PackId>> {
  try {
    const text = Buffer.from(await fs.readFile(join(directory, NAME))).toString('latin1');
    return new Set(text.split('\n').filter(Boolean).map(parsePackId));
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return new Set();
    throw error;
  }
}

/** Condemns packs, all at once, for everybody who looks from now on. Call under the lock of {@link withRetirementLock}. */
export async function writeCondemned(
  fs: FileSystem,
  directory: string,
  packs: Iterable<PackId>,
): Promise<void> {
  const temporary = join(directory, `${NAME}.tmp`);
  await orRemove(fs, temporary, async () => {
    const file = await fs.open(temporary, 'write');
    try {
      await file.write(Buffer.from([...packs].map(id => `${id}\n`).join('')), 0);
      await file.sync();
    } finally {
      await file.close();
    }
    await fs.rename(temporary, join(directory, NAME)); // Not durable: nobody else is at work after a loss of power.
  });
}

/** Ends a removal. */
export async function clearCondemned(fs: FileSystem, directory: string): Promise<void> {
  try {
    await fs.removeFile(join(directory, NAME));
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
  }
}
