const MIB = 1024 * 1024;

/** Bounds of the pack format. Readers check them before they allocate; writers keep well inside. */
export const PACK_LIMITS = {
  /** Bytes of a pack: hosts of Git LFS take objects of up to 2 GiB. */
  packBytes: Math.floor(1.9 * 1024 * MIB),
  /** Raw bytes of a frame that a reader accepts. */
  frameBytes: 16 * MIB,
  /** Bytes that coding may add to a frame: the headers of its planes. */
  frameOverhead: 64,
  /** Bytes of an index. */
  indexBytes: 512 * MIB,
  /** Bytes of one record's parameters. */
  parameterBytes: MIB,
} as const;

/** Raw bytes of the frames that are written. */
export const FRAME_BYTES = 4 * MIB;

/** Bounds of what a record's bytes are predicted from. */
export const PREDICTION_LIMITS = {
  /** Multiplications for each element of a low-rank record. */
  rank: 1024,
  /** Elements of a factor or vector: all of it is held, as F32. */
  factorElements: 2 ** 23,
} as const;

/** Bounds of the records that must be read to obtain one extent. */
export const CHAIN_LIMITS = {
  /** Records on the longest path, the first not counted. */
  depth: 8,
  /** Bytes of all extents on the way, as a multiple of the extent's own length (at least {@link CHAIN_LIMITS.freeBytes}). */
  work: 64,
  /** Extents shorter than this count as this long. */
  freeBytes: MIB,
} as const;
