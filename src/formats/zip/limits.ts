/** Bounds of an archive's directory, checked before it is read. */
export const ZIP_LIMITS = {
  /** Bytes of the central directory. */
  directoryBytes: 128 * 1024 * 1024,
  /** Files of an archive: two for each tensor of the largest models known. */
  entries: 1_000_000,
} as const;
