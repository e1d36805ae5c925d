import { dirname } from 'node:path';
import { isSystemError } from '../../base/errors.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';

/**
 * Makes a directory and its parents, each durable in the one above, so that no power cut takes away what will be in it. One that is there
 * is left alone: whoever makes a folder of mgit's own makes it so, even where what is in it may be lost.
 */
export async function makeDurableDirectory(fs: FileSystem, path: string): Promise<void> {
  try {
    await fs.stat(path);
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
    await makeDurableDirectory(fs, dirname(path));
    await fs.makeDirectory(path);
    await fs.syncDirectory(dirname(path));
  }
}
