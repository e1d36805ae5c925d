import { listOf, type Reference, type ReferenceInput, sumOf } from './reference.ts';

/** Each element's average, weighted by its information. */
export const fisher: Reference = input => {
  const { models, statistics, parameters } = input;
  const weights = listOf(input, 'weight');
  return (models[0] ?? []).map((_, i) => {
    const shares = models.map(
      (_, model) => (weights[model] ?? 0) * Math.max(statistics[model]?.[i] ?? 0, Number(parameters.floor)),
    );
    const total = shares.reduce((sum, share) => sum + share, 0);
    if (total === 0) return { value: 0, magnitude: 0 };
    return sumOf(models.map((model, at) => ((shares[at] ?? 0) / total) * (model[i] ?? 0)));
  });
};

/** The solution of the normal equations by Gauss and Jordan's elimination, or the average where nothing was measured. */
export const regmean: Reference = input => {
  const { models, shape } = input;
  const weights = normalized(listOf(input, 'weight'));
  if (shape.length !== 2)
    return (models[0] ?? []).map((_, i) =>
      sumOf(models.map((model, at) => (weights[at] ?? 0) * (model[i] ?? 0))),
    );
  const [rows = 0, columns = 0] = shape;
  const grams = scaledGrams(input, { columns, weights });
  const entry = (matrix: readonly number[], row: number, column: number): number =>
    matrix[row * columns + column] ?? 0;
  const range = Array.from({ length: columns }, (_, at) => at);
  const left = range.map(k => range.map(j => grams.reduce((sum, gram) => sum + entry(gram, k, j), 0)));
  const solution: number[] = [];
  for (let row = 0; row < rows; row++) {
    const right = range.map(j =>
      models.reduce(
        (sum, model, at) =>
          sum + range.reduce((part, k) => part + entry(model, row, k) * entry(grams[at] ?? [], k, j), 0),
        0,
      ),
    );
    solution.push(...solved(left, right));
  }
  // Equations are solved in F64 in both, but those of few examples magnify what is rounded.
  return solution.map(value => ({ value, magnitude: (Math.abs(value) + 2) * 2 ** 14 }));
};

function normalized(weights: readonly number[]): readonly number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map(weight => weight / sum);
}

function scaledGrams(
  { statistics, parameters }: ReferenceInput,
  { columns, weights }: { readonly columns: number; readonly weights: readonly number[] },
): readonly (readonly number[])[] {
  const traces = statistics.map(gram =>
    gram.reduce((sum, value, at) => (at % (columns + 1) === 0 ? sum + value : sum), 0),
  );
  const mean = traces.reduce((sum, trace, at) => sum + (weights[at] ?? 0) * trace, 0) / columns;
  const centre = Number(parameters.ridge) * mean || Number(parameters.ridge);
  return statistics.map((gram, model) =>
    gram.map(
      (value, at) =>
        (weights[model] ?? 0) *
        (at % (columns + 1) === 0 ? value + centre : Number(parameters.alpha) * value),
    ),
  );
}

function solved(left: readonly (readonly number[])[], right: readonly number[]): readonly number[] {
  const rows = left.map((row, at) => [...row, right[at] ?? 0]);
  for (const [k, pivotRow] of rows.entries()) {
    const pivot = pivotRow[k] ?? 1;
    for (const [at, row] of rows.entries()) {
      if (at === k) continue;
      const factor = (row[k] ?? 0) / pivot;
      for (let j = k; j < row.length; j++) row[j] = (row[j] ?? 0) - factor * (pivotRow[j] ?? 0);
    }
  }
  return rows.map((row, k) => (row.at(-1) ?? 0) / (row[k] ?? 1));
}
