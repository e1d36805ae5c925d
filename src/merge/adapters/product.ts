/** A matrix of low rank as a product: `left` is rows x rank, `right` rank x columns, row by row, in F64. */
export interface Product {
  readonly rows: number;
  readonly columns: number;
  readonly rank: number;
  readonly left: Float64Array;
  readonly right: Float64Array;
}

/** The exact sum of factor times product: factors side by side, of any ranks. All have the same rows and columns. */
export function concatenated(products: readonly Product[], factors: readonly number[]): Product {
  const [first] = products as readonly [Product, ...Product[]];
  const { rows, columns } = first;
  const rank = products.reduce((sum, product) => sum + product.rank, 0);
  const left = new Float64Array(rows * rank);
  const right = new Float64Array(rank * columns);
  let start = 0;
  for (const [index, product] of products.entries()) {
    for (let row = 0; row < rows; row++)
      for (let k = 0; k < product.rank; k++)
        left[row * rank + start + k] = (factors[index] ?? 0) * (product.left[row * product.rank + k] ?? 0);
    right.set(product.right, start * columns);
    start += product.rank;
  }
  return { rows, columns, rank, left, right };
}

/** The sum of factor times left, and of factor times right, element by element: as PEFT's `linear`. All have the same rank. */
export function averagedFactors(products: readonly Product[], factors: readonly number[]): Product {
  const [first] = products as readonly [Product, ...Product[]];
  const sum = (of: (product: Product) => Float64Array): Float64Array =>
    of(first).map((_, at) =>
      products.reduce((total, product, index) => total + (factors[index] ?? 0) * (of(product)[at] ?? 0), 0),
    );
  return { ...first, left: sum(({ left }) => left), right: sum(({ right }) => right) };
}
