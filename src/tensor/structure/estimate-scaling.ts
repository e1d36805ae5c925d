import type { ReadBlocks } from './matrix-block.ts';

/** The factors, by least squares, that a matrix's rows or columns were scaled by; a line of zeros is left as it is. F32, sums in F64. */
export async function estimateScaling(
  read: ReadBlocks,
  {
    rows,
    columns,
    axis,
  }: { readonly rows: number; readonly columns: number; readonly axis: 'rows' | 'columns' },
): Promise<Float32Array> {
  const lines = axis === 'rows' ? rows : columns;
  const products = new Float64Array(lines);
  const squares = new Float64Array(lines);
  for await (const { firstRow, tuned, base } of read())
    for (let at = 0; at < tuned.length; at++) {
      const line = axis === 'rows' ? firstRow + Math.floor(at / columns) : at % columns;
      const value = base[at] ?? 0;
      products[line] = (products[line] ?? 0) + value * (tuned[at] ?? 0);
      squares[line] = (squares[line] ?? 0) + value * value;
    }
  return Float32Array.from(products, (product, line) => (squares[line] ? product / (squares[line] ?? 1) : 1));
}
