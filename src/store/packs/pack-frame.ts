import { createHash } from 'node:crypto';
import { type PackId, parsePackId } from '../../base/ids.ts';
import { PACK_LIMITS } from './limits.ts';
import { packCorrupt } from './pack-error.ts';

/** First bytes of a pack: the magic (the high bit tells text from binary transfer), the version, four zero bytes. */
export const PACK_HEADER = Buffer.from([
  0x89, 0x4d, 0x47, 0x49, 0x54, 0x50, 0x4b, 0x0a, 1, 0, 0, 0, 0, 0, 0, 0,
]);
const FOOTER_MAGIC = Buffer.from('MGITPKE\n', 'latin1');

/** Bytes of the footer: index offset u64, index length u64, SHA-256 of the index, magic. */
export const FOOTER_BYTES = 56;

/** Where a pack's index lies, and its digest, which is the pack's id. */
export interface PackFooter {
  readonly id: PackId;
  readonly indexOffset: number;
  readonly indexLength: number;
}

/** The footer of a pack whose index begins at `indexOffset`. */
export function encodeFooter(index: Uint8Array, indexOffset: number): { footer: Uint8Array; id: PackId } {
  const digest = createHash('sha256').update(index).digest();
  const footer = Buffer.alloc(FOOTER_BYTES);
  footer.writeBigUInt64LE(BigInt(indexOffset), 0);
  footer.writeBigUInt64LE(BigInt(index.length), 8);
  digest.copy(footer, 16);
  FOOTER_MAGIC.copy(footer, 48);
  return { footer, id: parsePackId(digest.toString('hex')) };
}

/** Reads the footer of a pack of `size` bytes. Errors: `PACK_CORRUPT`. */
export function decodeFooter(bytes: Uint8Array, size: number, name: string): PackFooter {
  const footer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (footer.length !== FOOTER_BYTES || !footer.subarray(48).equals(FOOTER_MAGIC))
    throw packCorrupt(name, 'it does not end as a pack does');
  const indexOffset = Number(footer.readBigUInt64LE(0));
  const indexLength = Number(footer.readBigUInt64LE(8));
  if (indexLength > PACK_LIMITS.indexBytes || indexOffset < PACK_HEADER.length)
    throw packCorrupt(name, 'its index lies outside the bounds');
  if (indexOffset + indexLength + FOOTER_BYTES !== size)
    throw packCorrupt(name, 'its length is not what its footer says');
  return { id: parsePackId(footer.toString('hex', 16, 48)), indexOffset, indexLength };
}

/** Checks a pack's first bytes. Errors: `PACK_CORRUPT`. */
export function checkHeader(bytes: Uint8Array, name: string): void {
  if (!PACK_HEADER.equals(bytes)) throw packCorrupt(name, 'it does not begin as a pack of version 1 does');
}

/** Checks that index bytes are those that the footer names. Errors: `PACK_CORRUPT`. */
export function checkIndexDigest(index: Uint8Array, footer: PackFooter, name: string): void {
  if (createHash('sha256').update(index).digest('hex') !== footer.id)
    throw packCorrupt(name, 'its index does not have the digest that the footer says');
}
