import { createHash } from 'node:crypto';
import { MgitError } from '../../base/errors.ts';
import type { ObjectId } from '../../base/ids.ts';
import type { IndexEntry } from './index-file.ts';

/** Where a reader stands in an index file. */
interface Cursor {
  readonly bytes: Buffer;
  readonly idBytes: 20 | 32;
  readonly version: number;
  at: number;
}

const FIXED_FIELDS = 40;

/**
 * Reads the bytes of Git's index, versions 2 to 4; `idBytes` is the length of an object id. Source: gitformat-index(5).
 * Errors: `INDEX_CORRUPT`; `INDEX_UNSUPPORTED` for another version or an extension that must be understood (split or sparse index).
 */
export function parseIndex(bytes: Uint8Array, idBytes: 20 | 32): IndexEntry[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (buffer.length < 12 + idBytes || buffer.toString('latin1', 0, 4) !== 'DIRC') throw corrupt('no header');
  checkSum(buffer, idBytes);
  const version = buffer.readUInt32BE(4);
  if (version < 2 || version > 4) throw unsupported(`version ${version}`);
  const cursor: Cursor = { bytes: buffer.subarray(0, buffer.length - idBytes), idBytes, version, at: 12 };
  const entries: IndexEntry[] = [];
  let previous = Buffer.alloc(0);
  for (let left = buffer.readUInt32BE(8); left > 0; left--) {
    const { entry, path } = readEntry(cursor, previous);
    entries.push(entry);
    previous = path;
  }
  checkExtensions(cursor);
  return entries;
}

function readEntry(
  cursor: Cursor,
  previous: Buffer,
): { readonly entry: IndexEntry; readonly path: Buffer<ArrayBuffer> } {
  const { bytes, idBytes } = cursor;
  const start = cursor.at;
  need(cursor, FIXED_FIELDS + idBytes + 2);
  const word = (index: number): number => bytes.readUInt32BE(start + 4 * index);
  const flags = bytes.readUInt16BE(start + FIXED_FIELDS + idBytes);
  cursor.at = start + FIXED_FIELDS + idBytes + 2;
  const more = (flags & 0x4000) === 0 ? 0 : readMoreFlags(cursor);
  const path = cursor.version === 4 ? readCompressedPath(cursor, previous) : readPath(cursor, start);
  const entry: IndexEntry = {
    path: path.toString('utf8'),
    id: bytes.toString('hex', start + FIXED_FIELDS, start + FIXED_FIELDS + idBytes) as ObjectId,
    mode: word(6),
    stage: ((flags >> 12) & 3) as IndexEntry['stage'],
    size: word(9),
    ctimeSeconds: word(0),
    ctimeNanoseconds: word(1),
    mtimeSeconds: word(2),
    mtimeNanoseconds: word(3),
    dev: word(4),
    ino: word(5),
    uid: word(7),
    gid: word(8),
    assumeValid: (flags & 0x8000) !== 0,
    skipWorktree: (more & 0x4000) !== 0,
    intentToAdd: (more & 0x2000) !== 0,
  };
  return { entry, path };
}

function readMoreFlags(cursor: Cursor): number {
  if (cursor.version < 3) throw corrupt('extended flags in version 2');
  need(cursor, 2);
  cursor.at += 2;
  return cursor.bytes.readUInt16BE(cursor.at - 2);
}

/** Versions 2 and 3: the path ends with NULs that fill the entry to a multiple of 8 bytes. */
function readPath(cursor: Cursor, start: number): Buffer<ArrayBuffer> {
  const path = readUntilNul(cursor);
  cursor.at = start + Math.ceil((cursor.at - start) / 8) * 8;
  if (cursor.at > cursor.bytes.length) throw corrupt('an entry is cut off');
  return path;
}

/** Version 4: how many bytes to drop from the previous path, then what to append. */
function readCompressedPath(cursor: Cursor, previous: Buffer): Buffer<ArrayBuffer> {
  let drop = 0;
  for (let first = true; ; first = false) {
    need(cursor, 1);
    const byte = cursor.bytes[cursor.at++] as number;
    drop = (first ? 0 : (drop + 1) * 128) + (byte & 0x7f);
    if (drop > previous.length) throw corrupt('a path is shorter than nothing');
    if ((byte & 0x80) === 0) break;
  }
  return Buffer.concat([previous.subarray(0, previous.length - drop), readUntilNul(cursor)]);
}

function readUntilNul(cursor: Cursor): Buffer<ArrayBuffer> {
  const end = cursor.bytes.indexOf(0, cursor.at);
  if (end < 0) throw corrupt('a path does not end');
  const path = Buffer.from(cursor.bytes.subarray(cursor.at, end));
  cursor.at = end + 1;
  return path;
}

/** Optional extensions (upper case) hold caches and are dropped. */
function checkExtensions(cursor: Cursor): void {
  while (cursor.at < cursor.bytes.length) {
    need(cursor, 8);
    const name = cursor.bytes.toString('latin1', cursor.at, cursor.at + 4);
    if (!/^[A-Z]/.test(name)) throw unsupported(`extension ${JSON.stringify(name)}`);
    cursor.at += 8 + cursor.bytes.readUInt32BE(cursor.at + 4);
  }
  if (cursor.at !== cursor.bytes.length) throw corrupt('an extension is cut off');
}

/** All zero when Git was told to skip it (`index.skipHash`). */
function checkSum(buffer: Buffer, idBytes: 20 | 32): void {
  const sum = buffer.subarray(buffer.length - idBytes);
  if (sum.every(byte => byte === 0)) return;
  const algorithm = idBytes === 20 ? 'sha1' : 'sha256';
  const found = createHash(algorithm)
    .update(buffer.subarray(0, buffer.length - idBytes))
    .digest();
  if (!found.equals(sum)) throw corrupt('the checksum is wrong');
}

function need(cursor: Cursor, length: number): void {
  if (cursor.at + length > cursor.bytes.length) throw corrupt('the file is cut off');
}

function corrupt(what: string): MgitError {
  return new MgitError('INDEX_CORRUPT', `the index is damaged: ${what}`, {
    hint: 'move .git/index away, then run "mgit reset" to make it anew',
  });
}

function unsupported(what: string): MgitError {
  return new MgitError('INDEX_UNSUPPORTED', `the index has ${what}, which mgit does not know`, {
    hint: 'run "git update-index --no-split-index --index-version 2" and "git sparse-checkout disable"',
  });
}
