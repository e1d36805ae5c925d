import { meanOfVectors } from './iso-c.ts';
import type { Reference } from './reference.ts';
import { growthOfCut, matrixOf, normOf, orthonormal, product, singularTriples } from './singular-values.ts';
import { onBase, vectorsOf } from './vectors.ts';

export const tsvM: Reference = given => {
  const input = { ...given, parameters: { ...given.parameters, origin: 'base' } };
  const lambda = Number(given.parameters.lambda);
  const changes = vectorsOf(input).map(change => matrixOf(change, given.shape));
  const [first = []] = changes;
  const columns = first[0] ?? [];
  const each = Math.floor(Math.min(first.length, columns.length) / changes.length);
  if (given.shape.length < 2 || each === 0) return meanOfVectors(input, lambda);
  const all = changes.map(change => singularTriples(change));
  const kept = all.flatMap(triples => triples.slice(0, each));
  const { triples, growth } = orthonormal(kept);
  const sum = kept.reduce((total, { value }) => total + value, 0);
  const cuts = all.map((found, at) => growthOfCut(found, each, normOf(changes[at] ?? [])));
  const magnitude = Math.abs(lambda) * sum * growth * Math.max(...cuts);
  const scaled = triples.map(triple => ({ ...triple, value: lambda * triple.value }));
  return onBase(
    input,
    product(scaled, columns, first.length).map(value => ({ value, magnitude })),
  );
};
