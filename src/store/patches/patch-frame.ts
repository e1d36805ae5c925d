import { MgitError } from '../../base/errors.ts';
import { PACK_LIMITS } from '../packs/limits.ts';
import { patchCorrupt } from './patch-error.ts';

/** The parts of a patch file, in bytes. They follow its head in this order, then the digest. */
export interface PatchLengths {
  readonly header: number;
  readonly objects: number;
  /** 0: no bytes of tensors are new. */
  readonly pack: number;
}

/** Bounds of patch files: readers check them before they allocate. */
export const PATCH_LIMITS = { headerBytes: 256 * 1024 * 1024, objectBytes: 512 * 1024 * 1024 } as const;

export const PATCH_HEAD_BYTES = 32;
export const PATCH_DIGEST_BYTES = 32;

const MAGIC = Buffer.from('894d474954504d0a', 'hex');
const VERSION = 1;

/** The first bytes of a patch file (`docs/format.md`). */
export function encodePatchHead({ header, objects, pack }: PatchLengths): Uint8Array {
  const head = Buffer.alloc(PATCH_HEAD_BYTES);
  MAGIC.copy(head);
  head.writeUInt32LE(VERSION, 8);
  head.writeUInt32LE(header, 12);
  head.writeBigUInt64LE(BigInt(objects), 16);
  head.writeBigUInt64LE(BigInt(pack), 24);
  return head;
}

/** Reads the head of a patch file of `size` bytes. Errors: `PATCH_CORRUPT`, `PATCH_UNSUPPORTED` (a later version). */
export function decodePatchHead(bytes: Uint8Array, size: number): PatchLengths {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (head.length < PATCH_HEAD_BYTES || !head.subarray(0, 8).equals(MAGIC))
    throw patchCorrupt('it is no mgit patch');
  const version = head.readUInt32LE(8);
  if (version !== VERSION)
    throw new MgitError('PATCH_UNSUPPORTED', `the patch has version ${version} of the format`, {
      hint: 'use the mgit that made it, or a newer one',
    });
  const [objects, pack] = [head.readBigUInt64LE(16), head.readBigUInt64LE(24)];
  const header = head.readUInt32LE(12);
  if (header > PATCH_LIMITS.headerBytes || objects > PATCH_LIMITS.objectBytes || pack > PACK_LIMITS.packBytes)
    throw patchCorrupt('a part of it is longer than the format allows');
  const lengths = { header, objects: Number(objects), pack: Number(pack) };
  const whole = PATCH_HEAD_BYTES + header + lengths.objects + lengths.pack + PATCH_DIGEST_BYTES;
  if (whole !== size) throw patchCorrupt(`it has ${size} bytes, not ${whole}`);
  return lengths;
}
