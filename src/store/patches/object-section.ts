import { promisify } from 'node:util';
import { deflate, inflate } from 'node:zlib';
import type { ObjectId } from '../../base/ids.ts';
import { hashObject } from '../history/objects/object-store.ts';
import { patchCorrupt } from './patch-error.ts';
import { PATCH_LIMITS } from './patch-frame.ts';

const TYPES = ['commit', 'blob'] as const;

/** A Git object that a patch carries. */
export interface PatchObject {
  readonly type: (typeof TYPES)[number];
  readonly bytes: Uint8Array;
}

const HEAD_BYTES = 12;
const [compress, expand] = [promisify(deflate), promisify(inflate)];

/** The objects one after the other, each compressed (`docs/format.md`). */
export async function encodeObjects(objects: readonly PatchObject[]): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (const { type, bytes } of objects) {
    const stored = await compress(bytes, { level: 9 });
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeUInt32LE(TYPES.indexOf(type) + 1, 0);
    head.writeUInt32LE(bytes.length, 4);
    head.writeUInt32LE(stored.length, 8);
    parts.push(head, stored);
  }
  return Buffer.concat(parts);
}

/** The objects of a patch by their ids, which are computed from their bytes. Errors: `PATCH_CORRUPT`. */
export async function decodeObjects(section: Uint8Array): Promise<ReadonlyMap<ObjectId, PatchObject>> {
  const bytes = Buffer.from(section.buffer, section.byteOffset, section.length);
  const objects = new Map<ObjectId, PatchObject>();
  let total = 0;
  for (let at = 0; at < bytes.length; ) {
    if (bytes.length - at < HEAD_BYTES) throw patchCorrupt('it ends within an object');
    const [number, length, stored] = [0, 4, 8].map(offset => bytes.readUInt32LE(at + offset)) as [
      number,
      number,
      number,
    ];
    const type = TYPES[number - 1];
    at += HEAD_BYTES;
    total += length;
    if (type === undefined) throw patchCorrupt(`it holds an object of type ${number}`);
    if (stored > bytes.length - at) throw patchCorrupt('it ends within an object');
    if (total > PATCH_LIMITS.objectBytes) throw patchCorrupt('its objects are larger than the format allows');
    const content = await expanded(bytes.subarray(at, at + stored), length);
    objects.set(hashObject(type, content), { type, bytes: content });
    at += stored;
  }
  return objects;
}

async function expanded(stored: Uint8Array, length: number): Promise<Uint8Array> {
  const content = await expand(stored, { maxOutputLength: Math.max(length, 1) }).catch((cause: unknown) => {
    throw patchCorrupt('an object is damaged', cause);
  });
  if (content.length !== length) throw patchCorrupt('an object has another length than it says');
  return content;
}
