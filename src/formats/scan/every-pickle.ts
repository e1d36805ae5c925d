import { isMgitError, type MgitError } from '../../base/errors.ts';
import { memoryByteSource } from '../byte-source.ts';
import type { ByteSource } from '../checkpoint.ts';
import { looksLikeNpy, readNpyHeader } from '../numpy/npy-header.ts';
import type { OnGlobal } from '../pickle/machine.ts';
import { readPickleAt } from '../pickle/read-pickle.ts';
import { isKind, type PickleValue } from '../pickle/values.ts';
import { looksLikePytorchTar } from '../pytorch/tar.ts';
import { readTar } from '../tar/read-tar.ts';
import { looksLikeZip, readArchive } from '../zip/read-archive.ts';
import { scanIncomplete, sliceOf, type UnpackBudget, unpackMember } from './unpack-member.ts';

/** Told of the names in one place of the file. */
export type NoteIn = (where: string) => OnGlobal;

/** Archives and pickles in each other are followed this deep. */
const MOST_DEPTH = 4;
const UNPACKED_BYTES = { member: 64 * 1024 * 1024, all: 256 * 1024 * 1024 };
const HEAD_BYTES = 256;
const PROTOCOL = 0x80;

interface Place {
  readonly where: string;
  readonly depth: number;
  /** Whether what is read is only the beginning of what is there. */
  readonly isCut?: boolean;
}

/** One look at a file and all that is in it. */
interface Visit {
  readonly note: NoteIn;
  readonly budget: UnpackBudget;
  /** Remembers the first error of a part, and goes on. */
  attempt(work: () => Promise<void>): Promise<void>;
}

type ReadPart = (visit: Visit, part: ByteSource, place: Place) => Promise<void>;

/**
 * Reads all pickles that a file holds: itself, one after the other, in members of archives, in object arrays of NumPy, in byte strings of other
 * pickles. Returns the first error of a part that could not be read to its end, `SCAN_INCOMPLETE` for what goes beyond the limits; names that
 * came before it have been noted.
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
  await readPart({ note, attempt, budget: { ...UNPACKED_BYTES } }, source, { where: '', depth: 0 });
  return unread;
}

async function readPart(visit: Visit, part: ByteSource, place: Place): Promise<void> {
  const read = readerOf(await part.read(0, Math.min(HEAD_BYTES, part.size)), place);
  if (!read) return;
  await visit.attempt(async () => {
    if (place.depth > MOST_DEPTH) throw scanIncomplete(place.where, 'lies too deep in other files');
    await read(visit, part, place);
    if (place.isCut && read !== readArray)
      throw scanIncomplete(place.where, 'is too large when it is unpacked');
  });
}

function readerOf(head: Uint8Array, place: Place): ReadPart | undefined {
  if (looksLikeZip(head)) return readZip;
  if (looksLikePytorchTar(head)) return readTarMembers;
  if (looksLikeNpy(head)) return readArray;
  return isPickleLike(head, place) ? readPickles : undefined;
}

async function readZip(visit: Visit, part: ByteSource, { where, depth }: Place): Promise<void> {
  for (const file of (await readArchive(part)).values())
    await visit.attempt(async () => {
      const place = { where: joined(where, file.name), depth: depth + 1 };
      const isWanted = (head: Uint8Array): boolean => readerOf(head, place) !== undefined;
      const member = await unpackMember(part, file, { budget: visit.budget, isWanted });
      if (member) await readPart(visit, member.source, { ...place, isCut: member.isCut });
    });
}

async function readTarMembers(visit: Visit, part: ByteSource, { where, depth }: Place): Promise<void> {
  for (const file of await readTar(part))
    await readPart(visit, sliceOf(part, file), { where: joined(where, file.name), depth: depth + 1 });
}

async function readArray(visit: Visit, part: ByteSource, place: Place): Promise<void> {
  const { description, dataOffset } = await readNpyHeader(part, { offset: 0, length: part.size });
  if (!description.endsWith('O')) return;
  await readPickles(visit, sliceOf(part, { offset: dataOffset, length: part.size - dataOffset }), place);
}

async function readPickles(visit: Visit, part: ByteSource, place: Place): Promise<void> {
  for (let at = 0; at < part.size; ) {
    const onGlobal = visit.note(place.where);
    const read = await readPickleAt(part, at, { onGlobal }).catch((error: unknown) => {
      if (at === 0 || !isMgitError(error)) throw error;
      return undefined; // What follows the last pickle need not be one.
    });
    if (!read) return;
    for (const bytes of bytesIn(read.value))
      await readPart(visit, memoryByteSource(bytes), { where: place.where, depth: place.depth + 1 });
    at = read.end;
  }
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
