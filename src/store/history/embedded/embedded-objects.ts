import { basename, dirname, join, resolve } from 'node:path';
import git from 'isomorphic-git';
import { isSystemError, MgitError } from '../../../base/errors.ts';
import { type ObjectId, parseObjectId } from '../../../base/ids.ts';
import type { Ports } from '../../../base/ports/ports.ts';
import { writeLooseObject } from '../objects/loose-objects.ts';
import {
  hashObject,
  type ObjectStore,
  type ObjectType,
  objectCorrupt,
  objectMissing,
  type StoredObject,
} from '../objects/object-store.ts';
import { isomorphicFiles } from './isomorphic-files.ts';
import { packIndexes } from './pack-index.ts';

/** An object database that also finds abbreviated ids. */
export interface EmbeddedObjects extends ObjectStore {
  readonly objectsDirectory: string;
  /** Every id that begins so; at least four digits. */
  withPrefix(prefix: string): Promise<readonly ObjectId[]>;
}

/** Objects and packs read by isomorphic-git; alternates honoured. */
export async function embeddedObjects(ports: Ports, objectsDirectory: string): Promise<EmbeddedObjects> {
  const { fs, env } = ports;
  if (env.GIT_OBJECT_DIRECTORY) throw unsupported('GIT_OBJECT_DIRECTORY');
  const directories = [objectsDirectory, ...(await alternatesOf(ports, objectsDirectory))];
  const packs = packIndexes(fs, directories);
  const reader = { fs: isomorphicFiles(fs), cache: {} };
  const has = async (id: ObjectId): Promise<boolean> =>
    (await hasLoose(fs, directories, id)) || packs.has(id);
  const read = async (id: ObjectId): Promise<StoredObject> => {
    for (const directory of directories) {
      const object = await readFrom(reader, dirname(directory), parseObjectId(id));
      if (object !== undefined) return object;
    }
    throw objectMissing(id);
  };
  return {
    objectsDirectory,
    has: id => has(parseObjectId(id)),
    read,
    // isomorphic-git reads whole objects only.
    describe: async id => {
      const { type, bytes } = await read(id);
      return { type, size: bytes.length };
    },
    stream: async function* (id) {
      yield (await read(id)).bytes;
    },
    write: async (type, bytes) => {
      const id = hashObject(type, bytes);
      if (!(await has(id))) await writeLooseObject({ ports, objectsDirectory }, type, bytes);
      return id;
    },
    withPrefix: async prefix => {
      const loose = await looseWithPrefix(fs, directories, prefix);
      return [...new Set([...loose, ...(await packs.withPrefix(prefix))])].sort();
    },
    close: async () => {},
  };
}

type Reader = Pick<Parameters<typeof git.readObject>[0], 'fs' | 'cache'>;

async function readFrom(reader: Reader, gitdir: string, oid: ObjectId): Promise<StoredObject | undefined> {
  try {
    const found = await git.readObject({ ...reader, gitdir, oid, format: 'content' });
    return { type: found.type as ObjectType, bytes: found.object as Uint8Array };
  } catch (error) {
    if (error instanceof git.Errors.NotFoundError) return undefined;
    throw objectCorrupt(oid, error);
  }
}

type Files = Ports['fs'];

async function hasLoose(fs: Files, directories: readonly string[], id: ObjectId): Promise<boolean> {
  for (const directory of directories)
    try {
      await fs.stat(join(directory, id.slice(0, 2), id.slice(2)));
      return true;
    } catch (error) {
      if (!isSystemError(error, 'ENOENT')) throw error;
    }
  return false;
}

async function looseWithPrefix(
  fs: Files,
  directories: readonly string[],
  prefix: string,
): Promise<ObjectId[]> {
  const found: ObjectId[] = [];
  for (const directory of directories)
    try {
      for (const { name } of await fs.readDirectory(join(directory, prefix.slice(0, 2)))) {
        const id = prefix.slice(0, 2) + name;
        if (/^[0-9a-f]{40}$/.test(id) && id.startsWith(prefix)) found.push(id as ObjectId);
      }
    } catch (error) {
      if (!isSystemError(error, 'ENOENT')) throw error;
    }
  return found;
}

/** `objects/info/alternates`, followed to the end. Errors: `REPOSITORY_UNSUPPORTED` for one that is no repository's own. */
async function alternatesOf(ports: Ports, objectsDirectory: string): Promise<readonly string[]> {
  const waiting = [...(await alternatesFile(ports, objectsDirectory))];
  const found: string[] = [];
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
    if (found.includes(path) || path === objectsDirectory) continue;
    if (basename(path) !== 'objects') throw unsupported(`objects in ${path}`);
    found.push(path);
    waiting.push(...(await alternatesFile(ports, path)));
  }
  return found;
}

function unsupported(what: string): MgitError {
  return new MgitError('REPOSITORY_UNSUPPORTED', `the embedded history cannot read ${what}`, {
    hint: 'install git 2.30 or newer, which mgit then uses',
  });
}

async function alternatesFile({ fs }: Ports, objectsDirectory: string): Promise<readonly string[]> {
  try {
    const text = Buffer.from(await fs.readFile(join(objectsDirectory, 'info', 'alternates'))).toString(
      'utf8',
    );
    const lines = text.split('\n').filter(line => line !== '' && !line.startsWith('#'));
    return lines.map(line => resolve(objectsDirectory, line));
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}
