import { createCipheriv, createHash } from 'node:crypto';

/** `89 MGIT CK LF`: checksums of the frames of one pack (`docs/format.md`, "Frame checksums"). */
const MAGIC = Buffer.from('894d474954434b0a', 'hex');
const VERSION = 2;
const HEAD_BYTES = 16;
const DIGEST_BYTES = 32;
const CHECKSUM_BYTES = 8;

/**
 * The checksums of frames of one pack, by their place in its frame table: of those from which an extent was read whose digest was right, or
 * that were written from the bytes whose digest was taken. 0 where it is not known.
 */
export type FrameChecksums = BigUint64Array;

const KEY = Buffer.alloc(16);
const NONCE = Buffer.alloc(12);

/** Bytes that stay in a core's cache between two looks at them. */
const PART_BYTES = 256 * 1024;

/**
 * The checksum of a frame's stored bytes: the first 64 bits of their GMAC (NIST SP 800-38D; AES-128, key and nonce of zeros). With a key that
 * everybody knows it proves nothing, but no error that chance makes is likely to keep it, and it takes a small part of the time of SHA-256.
 * `visit` gets the bytes, too, part after part, each just before it is taken in: the second look at it costs half as much.
 */
export function frameChecksum(bytes: Uint8Array, visit?: (part: Uint8Array) => void): bigint {
  const cipher = createCipheriv('aes-128-gcm', KEY, NONCE);
  for (let at = 0; at < bytes.length; at += PART_BYTES) {
    const part = bytes.subarray(at, at + PART_BYTES);
    visit?.(part);
    cipher.setAAD(part);
  }
  cipher.final();
  return cipher.getAuthTag().readBigUInt64LE();
}

/** The bytes of a file of checksums. */
export function encodeFrameChecksums(checksums: FrameChecksums): Uint8Array {
  const file = Buffer.alloc(HEAD_BYTES + CHECKSUM_BYTES * checksums.length + DIGEST_BYTES);
  MAGIC.copy(file);
  file.writeUInt32LE(VERSION, 8);
  file.writeUInt32LE(checksums.length, 12);
  for (const [frame, checksum] of checksums.entries())
    file.writeBigUInt64LE(checksum, HEAD_BYTES + CHECKSUM_BYTES * frame);
  const body = file.subarray(0, -DIGEST_BYTES);
  createHash('sha256').update(body).digest().copy(file, body.length);
  return file;
}

/** The checksums in a file for a pack of so many frames; undefined for any other bytes: a lost cache is made again. */
export function decodeFrameChecksums(bytes: Uint8Array, frames: number): FrameChecksums | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (
    file.length !== HEAD_BYTES + CHECKSUM_BYTES * frames + DIGEST_BYTES ||
    !file.subarray(0, 8).equals(MAGIC)
  )
    return undefined;
  if (file.readUInt32LE(8) !== VERSION || file.readUInt32LE(12) !== frames) return undefined;
  const body = file.subarray(0, -DIGEST_BYTES);
  if (!createHash('sha256').update(body).digest().equals(file.subarray(body.length))) return undefined;
  return BigUint64Array.from({ length: frames }, (_, frame) =>
    file.readBigUInt64LE(HEAD_BYTES + CHECKSUM_BYTES * frame),
  );
}
