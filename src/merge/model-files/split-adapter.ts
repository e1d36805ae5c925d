import { resolve } from 'node:path';
import { isSystemError } from '../../base/errors.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';

/** A model as a recipe names it, and the adapter that is applied to it. */
export interface AdaptedName {
  readonly model: string;
  readonly adapter: string | undefined;
}

/** Reads `<model>+<adapter>`. A path of the whole name is a model; of several signs, the first counts that follows a path that is there. */
export async function splitAdapter(fs: FileSystem, cwd: string, name: string): Promise<AdaptedName> {
  const splits = [...name.matchAll(/\+/g)]
    .map(({ index }) => ({ model: name.slice(0, index), adapter: name.slice(index + 1) }))
    .filter(({ model, adapter }) => model !== '' && adapter !== '');
  const [first] = splits;
  if (first === undefined || (await isThere(fs, resolve(cwd, name))))
    return { model: name, adapter: undefined };
  for (const split of splits) if (await isThere(fs, resolve(cwd, split.model))) return split;
  return first;
}

async function isThere(fs: FileSystem, path: string): Promise<boolean> {
  try {
    await fs.stat(path);
    return true;
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}
