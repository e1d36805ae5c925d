import { join } from 'node:path';
import { isSystemError, MgitError } from '../../../base/errors.ts';
import { firstWhere } from '../../../base/first-where.ts';
import type { ObjectId } from '../../../base/ids.ts';
import type { FileSystem } from '../../../base/ports/file-system.ts';

/** Sorted ids of the objects in one pack: `count` ids of 20 bytes each. */
interface PackIndex {
  readonly ids: Buffer;
  readonly count: number;
}

/** Which objects the packs of some object directories hold. Indexes stay loaded; packs that come and go are noticed. */
export interface PackIndexes {
  has(id: ObjectId): Promise<boolean>;
  withPrefix(prefix: string): Promise<readonly ObjectId[]>;
}

/** Layout of version 2: Git's gitformat-pack. Errors: `PACK_INDEX_UNSUPPORTED`. */
export function packIndexes(fs: FileSystem, objectDirectories: readonly string[]): PackIndexes {
  const loaded = new Map<string, PackIndex>();
  const present = async (): Promise<readonly PackIndex[]> => {
    const paths = (await Promise.all(objectDirectories.map(path => indexPaths(fs, path)))).flat();
    for (const path of paths) if (!loaded.has(path)) loaded.set(path, await readPackIndex(fs, path));
    for (const path of loaded.keys()) if (!paths.includes(path)) loaded.delete(path);
    return [...loaded.values()];
  };
  return {
    has: async id => {
      const known = [...loaded.values()].some(index => hasId(index, id));
      return known || (await present()).some(index => hasId(index, id));
    },
    withPrefix: async prefix => (await present()).flatMap(index => idsWithPrefix(index, prefix)),
  };
}

async function indexPaths(fs: FileSystem, objectDirectory: string): Promise<readonly string[]> {
  const folder = join(objectDirectory, 'pack');
  try {
    const names = (await fs.readDirectory(folder)).map(({ name }) => name);
    return names
      .filter(name => name.endsWith('.idx') && names.includes(name.replace(/idx$/, 'pack')))
      .map(name => join(folder, name));
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}

async function readPackIndex(fs: FileSystem, path: string): Promise<PackIndex> {
  const bytes = Buffer.from(await fs.readFile(path));
  const tables = 8 + 256 * 4;
  if (bytes.length < tables || bytes.readUInt32BE(0) !== 0xff744f63 || bytes.readUInt32BE(4) !== 2)
    throw new MgitError('PACK_INDEX_UNSUPPORTED', `${path} is no pack index of version 2`, {
      hint: 'run `git repack -ad`',
    });
  const count = bytes.readUInt32BE(tables - 4);
  if (tables + count * 20 > bytes.length)
    throw new MgitError('OBJECT_CORRUPT', `${path} is cut off`, { hint: 'run `git fsck`' });
  return { ids: bytes.subarray(tables, tables + count * 20), count };
}

function hasId(index: PackIndex, id: ObjectId): boolean {
  const at = lowerBound(index, Buffer.from(id, 'hex'));
  return at < index.count && idAt(index, at) === id;
}

function idsWithPrefix(index: PackIndex, prefix: string): ObjectId[] {
  const found: ObjectId[] = [];
  const first = lowerBound(index, Buffer.from(prefix.padEnd(40, '0'), 'hex'));
  for (let at = first; at < index.count && idAt(index, at).startsWith(prefix); at++)
    found.push(idAt(index, at));
  return found;
}

/** The first place whose id is not before `wanted`. */
function lowerBound(index: PackIndex, wanted: Buffer): number {
  return firstWhere({ to: index.count }, at => wanted.compare(index.ids, at * 20, at * 20 + 20) <= 0);
}

function idAt(index: PackIndex, at: number): ObjectId {
  return index.ids.toString('hex', at * 20, at * 20 + 20) as ObjectId;
}
