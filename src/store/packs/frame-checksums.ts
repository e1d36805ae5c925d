import { createHash } from 'node:crypto';

/** `89 MGIT CK LF`: checksums of the frames of one pack (`docs/format.md`, "Frame checksums"). */
const MAGIC = Buffer.from('894d474954434b0a', 'hex');
const VERSION = 1;
const HEAD_BYTES = 16;
const DIGEST_BYTES = 32;

/**
 * The CRC-32 of the stored bytes of frames of one pack, by their place in its frame table: of those from which an extent was read whose
 * digest was right. 0 where it is not known.
 */
export type FrameChecksums = Uint32Array;

/** The bytes of a file of checksums. */
export function encodeFrameChecksums(checksums: FrameChecksums): Uint8Array {
  const file = Buffer.alloc(HEAD_BYTES + 4 * checksums.length + DIGEST_BYTES);
  MAGIC.copy(file);
  file.writeUInt32LE(VERSION, 8);
  file.writeUInt32LE(checksums.length, 12);
  for (const [frame, checksum] of checksums.entries()) file.writeUInt32LE(checksum, HEAD_BYTES + 4 * frame);
  const body = file.subarray(0, -DIGEST_BYTES);
  createHash('sha256').update(body).digest().copy(file, body.length);
  return file;
}

/** The checksums in a file for a pack of so many frames; undefined for any other bytes: a lost cache is made again. */
export function decodeFrameChecksums(bytes: Uint8Array, frames: number): FrameChecksums | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (file.length !== HEAD_BYTES + 4 * frames + DIGEST_BYTES || !file.subarray(0, 8).equals(MAGIC))
    return undefined;
  if (file.readUInt32LE(8) !== VERSION || file.readUInt32LE(12) !== frames) return undefined;
  const body = file.subarray(0, -DIGEST_BYTES);
  if (!createHash('sha256').update(body).digest().equals(file.subarray(body.length))) return undefined;
  return Uint32Array.from({ length: frames }, (_, frame) => file.readUInt32LE(HEAD_BYTES + 4 * frame));
}
