import { join } from 'node:path';
import { isMgitError, isSystemError } from '../../../base/errors.ts';
import { type ObjectId, parseObjectId } from '../../../base/ids.ts';
import { type LooseObjectsOptions, writeLooseObject } from '../objects/loose-objects.ts';
import { hashObject, type ObjectStore, objectCorrupt, objectMissing } from '../objects/object-store.ts';
import { type CatFile, catFile, type ObjectHeader } from './cat-file.ts';
import type { GitProgram } from './git-program.ts';

/**
 * The object database read through `git cat-file --batch`. New objects are written as loose files directly: Git has no
 * long-lived program that does, and starting one per object is a hundred times slower than writing it.
 */
export function systemObjects(git: GitProgram, loose: LooseObjectsOptions): ObjectStore {
  const files = catFile(git);
  return {
    read: id => orCorrupt(loose, parseObjectId(id), () => files.read(parseObjectId(id))),
    describe: id => orCorrupt(loose, parseObjectId(id), () => describe(files, parseObjectId(id))),
    stream: (id, size) => files.stream(parseObjectId(id), size),
    has: async id => (await files.describe(parseObjectId(id))) !== undefined,
    write: async (type, bytes) => {
      const id = hashObject(type, bytes);
      if (isBuiltIn(id) ? !(await hasLooseFile(loose, id)) : (await files.describe(id)) === undefined)
        await writeLooseObject(loose, type, bytes);
      return id;
    },
    close: () => files.close(),
  };
}

/** Git answers for the empty tree even where no file holds it, and `git fsck` then misses the file. */
function isBuiltIn(id: ObjectId): boolean {
  return id === '4b825dc642cb6eb9a060e54bf8d69288fbee4904';
}

async function describe(files: CatFile, id: ObjectId): Promise<ObjectHeader> {
  const header = await files.describe(id);
  if (header === undefined) throw objectMissing(id);
  return header;
}

/** Git calls a loose object with a damaged header missing. */
async function orCorrupt<Result>(
  loose: LooseObjectsOptions,
  id: ObjectId,
  read: () => Promise<Result>,
): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    if (isMgitError(error, 'OBJECT_MISSING') && (await hasLooseFile(loose, id)))
      throw objectCorrupt(id, error);
    throw error;
  }
}

async function hasLooseFile(loose: LooseObjectsOptions, id: ObjectId): Promise<boolean> {
  try {
    await loose.ports.fs.stat(join(loose.objectsDirectory, id.slice(0, 2), id.slice(2)));
    return true;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return false;
    throw error;
  }
}
