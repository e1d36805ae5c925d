/** Bounds of a pickle, checked while it is read. Wide enough for a checkpoint of half a million tensors. */
export const PICKLE_LIMITS = {
  /** Bytes of one pickle, large byte strings included. */
  bytes: 256 * 1024 * 1024,
  /** Values that it may create. */
  values: 8_000_000,
  /** Bytes of one line of a text opcode, and of a whole number. */
  lineBytes: 64 * 1024,
  integerBytes: 1024,
  /** Marks that are open at the same time. */
  marks: 100_000,
} as const;
