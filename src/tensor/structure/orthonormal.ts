/**
 * Makes the rows of a matrix orthonormal in place, by modified Gram-Schmidt, twice for accuracy. Rows that depend on those before become
 * zero. Source: Giraud, Langou and Rozloznik 2005.
 */
export function orthonormalRows(matrix: Float64Array, columns: number): void {
  const rows = matrix.length / columns;
  const rowAt = (row: number): Float64Array => matrix.subarray(row * columns, (row + 1) * columns);
  for (let row = 0; row < rows; row++) {
    const own = rowAt(row);
    const before = dot(own, own);
    for (let round = 0; round < 2; round++)
      for (let other = 0; other < row; other++) addMultiple(own, rowAt(other), -dot(own, rowAt(other)));
    const square = dot(own, own);
    const factor = square > before * 1e-24 ? 1 / Math.sqrt(square) : 0;
    for (let at = 0; at < columns; at++) own[at] = (own[at] ?? 0) * factor;
  }
}

/** The sum of products. */
export function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < left.length; at++) sum += (left[at] ?? 0) * (right[at] ?? 0);
  return sum;
}

/** `target += factor * other`. */
export function addMultiple(target: Float64Array, other: Float64Array, factor: number): void {
  for (let at = 0; at < target.length; at++) target[at] = (target[at] ?? 0) + factor * (other[at] ?? 0);
}
