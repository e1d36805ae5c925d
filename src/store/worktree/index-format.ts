import { createHash } from 'node:crypto';
import { MgitError } from '../../base/errors.ts';
import type { ObjectId } from '../../base/ids.ts';
import type { IndexEntry } from './index-file.ts';

/** Layout of versions 2 and 3: Git's Documentation/gitformat-index. */
const SIGNATURE = 'DIRC';
const HEADER_BYTES = 12;
const FIXED_BYTES = 62;
const ID_BYTES = 20;
const ASSUME_VALID = 0x8000;
const EXTENDED = 0x4000;
const SKIP_WORKTREE = 0x4000;
const INTENT_TO_ADD = 0x2000;
const LONGEST_COUNTED_NAME = 0xfff;

/** Parses an index of version 2 or 3. Optional extensions are passed over. Errors: `INDEX_CORRUPT`, `INDEX_UNSUPPORTED`. */
export function parseIndex(bytes: Uint8Array, path: string): readonly IndexEntry[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (buffer.length < HEADER_BYTES + ID_BYTES || buffer.toString('latin1', 0, 4) !== SIGNATURE)
    throw corrupt(path, 'it does not begin as an index');
  const version = buffer.readUInt32BE(4);
  if (version !== 2 && version !== 3) throw unsupported(path, `version ${version}`);
  const end = buffer.length - ID_BYTES;
  checkHash(buffer, end, path);
  const entries: IndexEntry[] = [];
  let at = HEADER_BYTES;
  let previous: Buffer | undefined;
  for (let count = buffer.readUInt32BE(8); count > 0; count--) {
    const { entry, key, next } = parseEntry(buffer.subarray(0, end), at, { version, path });
    if (previous && Buffer.compare(previous, key) >= 0) throw corrupt(path, `${entry.path} is out of order`);
    entries.push(entry);
    previous = key;
    at = next;
  }
  checkExtensions(buffer.subarray(at, end), path);
  return entries;
}

/** Writes an index: version 2, or 3 where a flag needs it. Errors: `INDEX_INVALID` for two entries of one path and stage. */
export function formatIndex(entries: readonly IndexEntry[]): Uint8Array {
  const keyed = entries.map(entry => ({ entry, key: sortKey(Buffer.from(entry.path), entry.stage) }));
  keyed.sort((a, b) => Buffer.compare(a.key, b.key));
  const twice = keyed.find(({ key }, i) => i > 0 && keyed[i - 1]?.key.equals(key));
  if (twice)
    throw new MgitError('INDEX_INVALID', `the index would hold ${JSON.stringify(twice.entry.path)} twice`);
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(SIGNATURE, 'latin1');
  header.writeUInt32BE(entries.some(isExtended) ? 3 : 2, 4);
  header.writeUInt32BE(entries.length, 8);
  const body = Buffer.concat([header, ...keyed.map(({ entry }) => formatEntry(entry))]);
  return Buffer.concat([body, createHash('sha1').update(body).digest()]);
}

interface ParsedEntry {
  readonly entry: IndexEntry;
  readonly key: Buffer;
  readonly next: number;
}

function parseEntry(
  buffer: Buffer,
  at: number,
  { version, path }: { readonly version: number; readonly path: string },
): ParsedEntry {
  if (at + FIXED_BYTES > buffer.length) throw corrupt(path, 'it ends inside an entry');
  const field = (index: number): number => buffer.readUInt32BE(at + 4 * index);
  const flags = buffer.readUInt16BE(at + 60);
  const extended = (flags & EXTENDED) !== 0;
  if (extended && (version < 3 || at + FIXED_BYTES + 2 > buffer.length))
    throw corrupt(path, 'an entry has flags that its version has not');
  const more = extended ? buffer.readUInt16BE(at + FIXED_BYTES) : 0;
  const start = at + FIXED_BYTES + (extended ? 2 : 0);
  const nul = buffer.indexOf(0, start);
  const next = at + paddedLength(nul - at);
  if (nul < 0 || next > buffer.length) throw corrupt(path, 'it ends inside a path');
  const stage = ((flags >> 12) & 3) as IndexEntry['stage'];
  const name = buffer.subarray(start, nul);
  const entry: IndexEntry = {
    path: decodePath(name, path),
    id: buffer.toString('hex', at + 40, at + 60) as ObjectId,
    mode: field(6),
    stage,
    size: field(9),
    ctimeSeconds: field(0),
    ctimeNanoseconds: field(1),
    mtimeSeconds: field(2),
    mtimeNanoseconds: field(3),
    dev: field(4),
    ino: field(5),
    uid: field(7),
    gid: field(8),
    assumeValid: (flags & ASSUME_VALID) !== 0,
    skipWorktree: (more & SKIP_WORKTREE) !== 0,
    intentToAdd: (more & INTENT_TO_ADD) !== 0,
  };
  return { entry, key: sortKey(name, stage), next };
}

function formatEntry(entry: IndexEntry): Buffer {
  const name = Buffer.from(entry.path);
  const start = FIXED_BYTES + (isExtended(entry) ? 2 : 0);
  const buffer = Buffer.alloc(paddedLength(start + name.length));
  const fields = [
    entry.ctimeSeconds,
    entry.ctimeNanoseconds,
    entry.mtimeSeconds,
    entry.mtimeNanoseconds,
    entry.dev,
    entry.ino,
    entry.mode,
    entry.uid,
    entry.gid,
    entry.size,
  ];
  for (const [index, value] of fields.entries()) buffer.writeUInt32BE(value >>> 0, 4 * index);
  buffer.write(entry.id, 40, 'hex');
  const flags =
    (entry.assumeValid ? ASSUME_VALID : 0) | (isExtended(entry) ? EXTENDED : 0) | (entry.stage << 12);
  buffer.writeUInt16BE(flags | Math.min(name.length, LONGEST_COUNTED_NAME), 60);
  if (isExtended(entry))
    buffer.writeUInt16BE(
      (entry.skipWorktree ? SKIP_WORKTREE : 0) | (entry.intentToAdd ? INTENT_TO_ADD : 0),
      FIXED_BYTES,
    );
  name.copy(buffer, start);
  return buffer;
}

/** One to eight NUL bytes end a path, so that entries begin at multiples of eight. */
function paddedLength(length: number): number {
  return (Math.floor(length / 8) + 1) * 8;
}

function isExtended(entry: IndexEntry): boolean {
  return entry.skipWorktree || entry.intentToAdd;
}

/** A path holds no NUL, so path, NUL, stage sorts as Git does: by path, then by stage. */
function sortKey(name: Buffer, stage: number): Buffer {
  return Buffer.concat([name, Buffer.from([0, stage])]);
}

/** All zero when `index.skipHash` left it out. */
function checkHash(buffer: Buffer, end: number, path: string): void {
  const expected = buffer.subarray(end);
  if (expected.every(byte => byte === 0)) return;
  if (!createHash('sha1').update(buffer.subarray(0, end)).digest().equals(expected))
    throw corrupt(path, 'its checksum is wrong');
}

/** A capital first letter says that a reader may pass the extension over. */
function checkExtensions(buffer: Buffer, path: string): void {
  for (let at = 0; at < buffer.length; ) {
    if (at + 8 > buffer.length) throw corrupt(path, 'it ends inside an extension');
    const name = buffer.toString('latin1', at, at + 4);
    if (name === 'link') throw unsupported(path, 'a split index');
    if (!/^[A-Z]/.test(name)) throw unsupported(path, `the extension ${JSON.stringify(name)}`);
    at += 8 + buffer.readUInt32BE(at + 4);
    if (at > buffer.length) throw corrupt(path, 'it ends inside an extension');
  }
}

function decodePath(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw corrupt(path, 'it holds a path that is not UTF-8');
  }
}

function corrupt(path: string, why: string): MgitError {
  return new MgitError('INDEX_CORRUPT', `${path} is damaged: ${why}`, {
    hint: 'remove it and run `git reset` to make it anew',
  });
}

function unsupported(path: string, what: string): MgitError {
  const hint =
    what === 'a split index'
      ? 'run `git update-index --no-split-index`'
      : what.includes('sdir')
        ? 'run `git sparse-checkout reapply --no-sparse-index`'
        : 'run `git update-index --index-version 2`';
  return new MgitError('INDEX_UNSUPPORTED', `${path} uses ${what}, which mgit does not know`, { hint });
}
