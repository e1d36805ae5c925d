import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';
import { isMgitError, isSystemError, type MgitError } from '../../base/errors.ts';
import { memoryByteSource } from '../byte-source.ts';
import type { ByteSource } from '../checkpoint.ts';
import { looksLikeNpy, readNpyHeader } from '../numpy/npy-header.ts';
import type { OnGlobal } from '../pickle/machine.ts';
import { readPickleAt } from '../pickle/read-pickle.ts';
import { isKind, type PickleValue } from '../pickle/values.ts';
import { beginsWithMember, readTar } from '../tar/read-tar.ts';
import { looksLikeZip, readArchive, type ZipFile } from '../zip/read-archive.ts';

/** Told of the names in one place of the file. */
export type NoteIn = (where: string) => OnGlobal;

/** Compressed members up to this size are unpacked, in memory; archives and pickles in each other are followed this deep. */
const LIMITS = { unpackedBytes: 64 * 1024 * 1024, depth: 4 };
const DEFLATE = promisify(inflateRaw);
const PROTOCOL = 0x80;

interface Place {
  readonly where: string;
  readonly depth: number;
}

/**
 * Reads all pickles that a file holds: itself, one after the other, in members of archives, in object arrays of NumPy, in byte strings of other
 * pickles. Returns the first error of a part that could not be read to its end; names that came before it have been noted.
 */
export async function readEveryPickle(source: ByteSource, note: NoteIn): Promise<MgitError | undefined> {
  let unread: MgitError | undefined;
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!isMgitError(error)) throw error;
      unread ??= error;
    }
  };
  const visit = async (part: ByteSource, place: Place): Promise<void> => {
    if (place.depth > LIMITS.depth) return;
    const head = await part.read(0, Math.min(256, part.size));
    if (looksLikeZip(head)) await attempt(() => visitZip(part, place));
    else if (beginsWithMember(head, 'sys_info') || beginsWithMember(head, 'pickle'))
      await attempt(() => visitTar(part, place));
    else if (looksLikeNpy(head)) await attempt(() => visitArray(part, place));
    else if (isPickleLike(head, place)) await attempt(() => visitPickles(part, place));
  };
  const visitZip = async (part: ByteSource, place: Place): Promise<void> => {
    for (const file of (await readArchive(part)).values())
      await attempt(async () => {
        const member = await memberOf(part, file);
        if (member) await visit(member, { where: joined(place.where, file.name), depth: place.depth + 1 });
      });
  };
  const visitTar = async (part: ByteSource, place: Place): Promise<void> => {
    for (const file of await readTar(part))
      await visit(slice(part, file), { where: joined(place.where, file.name), depth: place.depth + 1 });
  };
  const visitArray = async (part: ByteSource, place: Place): Promise<void> => {
    const { description, dataOffset } = await readNpyHeader(part, { offset: 0, length: part.size });
    if (description.endsWith('O')) await visitPickles(part, place, dataOffset);
  };
  const visitPickles = async (part: ByteSource, place: Place, start = 0): Promise<void> => {
    for (let at = start; at < part.size; ) {
      const read = await readPickleAt(part, at, { onGlobal: note(place.where) }).catch((error: unknown) => {
        if (at === start || !isMgitError(error)) throw error;
        return undefined; // What follows the last pickle need not be one.
      });
      if (!read) return;
      for (const bytes of bytesIn(read.value))
        await visit(memoryByteSource(bytes), { ...place, depth: place.depth + 1 });
      at = read.end;
    }
  };
  await visit(source, { where: '', depth: 0 });
  return unread;
}

/** Inside another file only what has a pickle's signature counts: text of any kind reads as the oldest protocol. */
function isPickleLike(head: Uint8Array, { depth, where }: Place): boolean {
  if (head[0] === PROTOCOL && (head[1] ?? 9) <= 5) return true;
  if (depth > 0) return /\.(?:pkl|pickle)$/.test(where);
  return /^[(c\]}lIFSVNK]/.test(Buffer.from(head).toString('latin1'));
}

function joined(where: string, name: string): string {
  return where === '' ? name : `${where}/${name}`;
}

async function memberOf(source: ByteSource, file: ZipFile): Promise<ByteSource | undefined> {
  if (file.isStored) return slice(source, file);
  if (file.length > LIMITS.unpackedBytes) return undefined;
  try {
    const options = { maxOutputLength: LIMITS.unpackedBytes };
    return memoryByteSource(await DEFLATE(await source.read(file.offset, file.length), options));
  } catch (error) {
    if (isSystemError(error, 'Z_DATA_ERROR', 'Z_BUF_ERROR', 'ERR_BUFFER_TOO_LARGE')) return undefined;
    throw error;
  }
}

function slice(
  source: ByteSource,
  { offset, length }: { readonly offset: number; readonly length: number },
): ByteSource {
  return { size: length, read: (at, count) => source.read(offset + at, count) };
}

/** Byte strings that may hold a pickle of their own. */
function* bytesIn(root: PickleValue): Generator<Uint8Array> {
  const seen = new Set<PickleValue>();
  const pending: PickleValue[] = [root];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    seen.add(value);
    if (isKind(value, 'bytes') && value.bytes[0] === PROTOCOL) yield value.bytes;
    else pending.push(...partsOf(value));
  }
}

function partsOf(value: PickleValue): readonly PickleValue[] {
  if (isKind(value, 'list', 'tuple', 'set')) return value.items;
  if (isKind(value, 'dict')) return value.entries.flat();
  if (isKind(value, 'persistent')) return [value.id];
  return isKind(value, 'object')
    ? [value.callee, ...value.args, ...value.items, ...value.entries.flat(), value.state]
    : [];
}
