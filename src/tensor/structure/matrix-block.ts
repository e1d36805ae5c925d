/** Rows of a matrix and of the one it was tuned from, row by row. */
export interface MatrixBlock {
  readonly firstRow: number;
  readonly rows: number;
  readonly columns: number;
  readonly tuned: Float32Array;
  readonly base: Float32Array;
}

/** Reads a matrix and its base from the first row to the last, in blocks; may be called several times. */
export type ReadBlocks = () => AsyncIterable<MatrixBlock>;
