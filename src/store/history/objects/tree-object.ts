import type { ObjectId } from '../../../base/ids.ts';
import type { TreeEntry } from '../history.ts';
import { objectCorrupt } from './object-store.ts';

const ID_BYTES = 20;

export const MODE = {
  file: 0o100644,
  executable: 0o100755,
  symlink: 0o120000,
  submodule: 0o160000,
  directory: 0o040000,
} as const;

/** Parses a tree object. Errors: `OBJECT_CORRUPT`, also for a name that is not UTF-8, which mgit could not write back. */
export function parseTree(id: ObjectId, bytes: Uint8Array): readonly TreeEntry[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const entries: TreeEntry[] = [];
  for (let at = 0; at < buffer.length; ) {
    const space = buffer.indexOf(0x20, at);
    const nul = buffer.indexOf(0, space);
    const end = nul + 1 + ID_BYTES;
    const mode = buffer.toString('latin1', at, space);
    if (space < 0 || nul < 0 || end > buffer.length || !/^[0-7]{1,6}$/.test(mode)) throw objectCorrupt(id);
    entries.push({
      name: decodeName(id, decoder, buffer.subarray(space + 1, nul)),
      mode: canonicalMode(Number.parseInt(mode, 8)),
      id: buffer.toString('hex', nul + 1, end) as ObjectId,
    });
    at = end;
  }
  return entries;
}

/** Writes a tree object, in Git's order: a directory sorts as if its name ended in `/`. */
export function formatTree(entries: readonly TreeEntry[]): Uint8Array {
  const keyed = entries.map(entry => ({ entry, key: sortKey(entry) }));
  keyed.sort((a, b) => Buffer.compare(a.key, b.key));
  const parts = keyed.flatMap(({ entry }) => [
    Buffer.from(`${entry.mode.toString(8)} ${entry.name}\0`),
    Buffer.from(entry.id, 'hex'),
  ]);
  return Buffer.concat(parts);
}

function sortKey(entry: TreeEntry): Buffer {
  return Buffer.from(entry.mode === MODE.directory ? `${entry.name}/` : entry.name);
}

/** Old trees hold modes such as 100664: Git reads them as the nearest of today's. */
function canonicalMode(mode: number): number {
  if ((mode & 0o170000) !== 0o100000) return mode & 0o170000;
  return mode & 0o100 ? MODE.executable : MODE.file;
}

function decodeName(id: ObjectId, decoder: InstanceType<typeof TextDecoder>, bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw objectCorrupt(id, cause);
  }
}

/** Whether an entry is a file, executable or not, and neither link, submodule nor folder. */
export function isRegularFile({ mode }: Pick<TreeEntry, 'mode'>): boolean {
  return (mode & 0o170000) === 0o100000;
}

/** Whether an entry is another tree. */
export function isFolder({ mode }: Pick<TreeEntry, 'mode'>): boolean {
  return mode === MODE.directory;
}
