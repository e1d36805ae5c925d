import { createHash } from 'node:crypto';
import type { IndexEntry } from './index-file.ts';

/**
 * The bytes of an index with these entries, sorted as Git wants them: version 2, or 3 where an entry needs it, without extensions.
 * Source: gitformat-index(5).
 */
export function formatIndex(entries: readonly IndexEntry[], idBytes: 20 | 32): Uint8Array {
  const named = entries
    .map(entry => ({ entry, path: Buffer.from(entry.path, 'utf8') }))
    .sort((left, right) => Buffer.compare(left.path, right.path) || left.entry.stage - right.entry.stage);
  const header = Buffer.alloc(12, 'DIRC');
  header.writeUInt32BE(entries.some(isExtended) ? 3 : 2, 4);
  header.writeUInt32BE(entries.length, 8);
  const body = Buffer.concat([header, ...named.map(({ entry, path }) => formatEntry(entry, path, idBytes))]);
  const sum = createHash(idBytes === 20 ? 'sha1' : 'sha256')
    .update(body)
    .digest();
  return Buffer.concat([body, sum]);
}

function isExtended(entry: IndexEntry): boolean {
  return entry.skipWorktree || entry.intentToAdd;
}

function formatEntry(entry: IndexEntry, path: Buffer, idBytes: 20 | 32): Buffer {
  const extended = isExtended(entry);
  const head = 40 + idBytes + (extended ? 4 : 2);
  const bytes = Buffer.alloc(Math.floor((head + path.length) / 8 + 1) * 8);
  const words = [
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
  for (const [index, word] of words.entries()) bytes.writeUInt32BE(word >>> 0, 4 * index);
  bytes.write(entry.id, 40, 'hex');
  const flags = (entry.assumeValid ? 0x8000 : 0) | (extended ? 0x4000 : 0) | (entry.stage << 12);
  bytes.writeUInt16BE(flags | Math.min(path.length, 0xfff), 40 + idBytes);
  if (extended)
    bytes.writeUInt16BE((entry.skipWorktree ? 0x4000 : 0) | (entry.intentToAdd ? 0x2000 : 0), 42 + idBytes);
  path.copy(bytes, head);
  return bytes;
}
