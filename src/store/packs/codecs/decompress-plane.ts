import { constants, zstdDecompressSync } from 'node:zlib';
import { frameCorrupt } from './frame-error.ts';

/** Bits of the window that a decoder allows, so that a small frame cannot ask for much memory. */
const WINDOW_LOG = 23;

/** The `length` bytes of a zstd frame. The result is the caller's own. Errors: `FRAME_CORRUPT`. */
export function decompressPlane(bytes: Uint8Array, length: number): Uint8Array {
  const unpacked = decompress(bytes, length);
  if (unpacked.length !== length) throw frameCorrupt('a plane has the wrong length');
  return unpacked;
}

function decompress(bytes: Uint8Array, length: number): Uint8Array {
  try {
    return zstdDecompressSync(bytes, {
      maxOutputLength: Math.max(1, length),
      chunkSize: length + 64, // One piece, with room to notice the end: twice as fast as the default.
      params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG },
    });
  } catch (cause) {
    throw frameCorrupt('a plane does not decompress', cause);
  }
}
