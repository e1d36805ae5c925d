import type { Reference, ReferenceInput } from './reference.ts';
import { condition, matrixOf, product, singularTriples } from './singular-values.ts';
import { added, onBase, scaled, vectorsOf } from './vectors.ts';

export const isoC: Reference = given => {
  const input = { ...given, parameters: { ...given.parameters, origin: 'base' } };
  const lambda = Number(given.parameters.lambda);
  if (given.shape.length < 2) return meanOfVectors(input, lambda);
  const sum = matrixOf(added(...vectorsOf(input)), given.shape);
  const triples = singularTriples(sum);
  const count = Math.min(sum.length, sum[0]?.length ?? 0);
  const mean = triples.reduce((total, { value }) => total + value, 0) / count;
  const equal = triples.map(triple => ({ ...triple, value: lambda * mean }));
  const magnitude = Math.abs(lambda) * mean * condition(triples);
  return onBase(
    input,
    product(equal, sum[0] ?? [], sum.length).map(value => ({ value, magnitude })),
  );
};

/** What every method for matrices does with vectors. */
export function meanOfVectors(input: ReferenceInput, lambda: number): ReturnType<Reference> {
  const changes = vectorsOf(input);
  const sizes = added(...changes.map(change => change.map(Math.abs)));
  return onBase(
    input,
    scaled(added(...changes), lambda / changes.length).map((value, at) => ({
      value,
      magnitude: sizes[at] ?? 0,
    })),
  );
}
