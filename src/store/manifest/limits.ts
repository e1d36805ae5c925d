/** Bounds that every manifest keeps, so that a reader can check before it allocates. */
export const MANIFEST_LIMITS = {
  /** Bytes of the text. */
  textBytes: 256 * 1024 * 1024,
  /** Extents and tensors together. */
  lines: 2_000_000,
  /** Bytes of one line. */
  lineBytes: 64 * 1024,
  dimensions: 64,
} as const;
