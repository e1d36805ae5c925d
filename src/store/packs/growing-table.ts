/** Rows of equal length outside the heap of JavaScript. It grows without copying what it has. */
export interface GrowingTable {
  readonly count: number;
  /** Adds a row of zeros and gives its bytes to be filled. */
  add(): Buffer;
  row(position: number): Buffer;
}

/** One allocation holds so many rows. */
const ROWS_TOGETHER = 4096;

/** An empty table. */
export function growingTable(rowBytes: number): GrowingTable {
  const chunks: Buffer[] = [];
  let count = 0;
  const row = (position: number): Buffer => {
    const chunk = chunks[Math.floor(position / ROWS_TOGETHER)];
    if (chunk === undefined || position >= count) throw new RangeError(`there is no row ${position}`);
    const at = (position % ROWS_TOGETHER) * rowBytes;
    return chunk.subarray(at, at + rowBytes);
  };
  return {
    get count() {
      return count;
    },
    add: () => {
      if (count === chunks.length * ROWS_TOGETHER) chunks.push(Buffer.alloc(ROWS_TOGETHER * rowBytes));
      return row(count++);
    },
    row,
  };
}
