/**
 * The assignment of rows to columns with the largest sum of `gain` (size x size, row by row): for each row its column. Of equal sums
 * always the same one. O(size^3). Source: Jonker and Volgenant 1987, shortest augmenting paths.
 */
export function bestAssignment(gain: Float64Array, size: number): Int32Array {
  const rowOf = new Int32Array(size + 1).fill(-1); // Of each column; the last column is where a path begins.
  const rowPrice = new Float64Array(size);
  const columnPrice = new Float64Array(size + 1);
  for (let row = 0; row < size; row++) assign(row, { gain, size, rowOf, rowPrice, columnPrice });
  const columnOf = new Int32Array(size);
  for (let column = 0; column < size; column++) columnOf[rowOf[column] as number] = column;
  return columnOf;
}

interface Assignment {
  readonly gain: Float64Array;
  readonly size: number;
  readonly rowOf: Int32Array;
  readonly rowPrice: Float64Array;
  readonly columnPrice: Float64Array;
}

/** Finds the cheapest path from a row to a free column, and turns the assignments along it. */
function assign(row: number, { gain, size, rowOf, rowPrice, columnPrice }: Assignment): void {
  const distance = new Float64Array(size + 1).fill(Infinity);
  const before = new Int32Array(size + 1).fill(-1);
  const isDone = new Uint8Array(size + 1);
  rowOf[size] = row;
  let column = size;
  do {
    isDone[column] = 1;
    const from = rowOf[column] as number;
    let next = -1;
    for (let to = 0; to < size; to++) {
      if (isDone[to]) continue;
      const cost =
        -(gain[from * size + to] as number) - (rowPrice[from] as number) - (columnPrice[to] as number);
      if (cost < (distance[to] as number)) {
        distance[to] = cost;
        before[to] = column;
      }
      if (next < 0 || (distance[to] as number) < (distance[next] as number)) next = to;
    }
    const step = distance[next] as number;
    for (let to = 0; to <= size; to++)
      if (isDone[to]) {
        const own = rowOf[to] as number;
        rowPrice[own] = (rowPrice[own] as number) + step;
        columnPrice[to] = (columnPrice[to] as number) - step;
      } else distance[to] = (distance[to] as number) - step;
    column = next;
  } while (rowOf[column] !== -1);
  while (column !== size) {
    const previous = before[column] as number;
    rowOf[column] = rowOf[previous] as number;
    column = previous;
  }
  rowOf[size] = -1;
}
