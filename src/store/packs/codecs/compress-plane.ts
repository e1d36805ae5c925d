import { constants, zstdCompressSync } from 'node:zlib';
import { freeMemory } from '../../../base/free-memory.ts';

/** A plane must shrink by this share to be worth its decompression. */
const WORTHWHILE = 0.97;
/**
 * Level 1: higher levels buy nothing on weights. Their bytes hardly ever repeat in long runs, and taking the short repetitions that chance
 * gives costs more than it saves: with few and long matches zstd mostly codes single bytes, twice as fast and smaller.
 */
const ENTROPY = {
  [constants.ZSTD_c_compressionLevel]: 1,
  [constants.ZSTD_c_minMatch]: 7,
  [constants.ZSTD_c_hashLog]: 6,
};
/** For what does repeat: rows of an embedding, tables, the few values of a small difference. */
const REPETITION = { [constants.ZSTD_c_compressionLevel]: 3 };

/** Planes from this length on are judged by a sample first, of so many pieces of so many bytes. */
const SAMPLED_FROM = 512 * 1024;
const PIECES = 3;
const PIECE_BYTES = 16 * 1024;

/** A plane as a zstd frame; undefined where it would not be worth it. The result is the caller's own. */
export function compressPlane(bytes: Uint8Array): Uint8Array | undefined {
  const parameters = bytes.length < SAMPLED_FROM ? ENTROPY : judged(sampleOf(bytes));
  if (!parameters) return undefined;
  const packed = compress(bytes, parameters);
  if (packed.length < bytes.length * WORTHWHILE) return packed;
  freeMemory(packed);
  return undefined;
}

type ZstdParameters = typeof ENTROPY | typeof REPETITION;

/** Into one piece that surely suffices: zstd then works on the bytes where they are, without a copy. */
function compress(bytes: Uint8Array, params: ZstdParameters): Uint8Array {
  return zstdCompressSync(bytes, { params, chunkSize: bytes.length + (bytes.length >> 8) + 64 });
}

/** The parameters that make a sample smallest; undefined if none is worth it. */
function judged(sample: Uint8Array): ZstdParameters | undefined {
  const entropy = compress(sample, ENTROPY).length;
  const repetition = compress(sample, REPETITION).length;
  if (Math.min(entropy, repetition) >= sample.length * WORTHWHILE) return undefined;
  return repetition < entropy ? REPETITION : ENTROPY;
}

function sampleOf(bytes: Uint8Array): Uint8Array {
  const step = Math.floor((bytes.length - PIECE_BYTES) / (PIECES - 1));
  const pieces = Array.from({ length: PIECES }, (_, at) =>
    bytes.subarray(at * step, at * step + PIECE_BYTES),
  );
  return Buffer.concat(pieces);
}
