import { meanOfVectors } from './iso-c.ts';
import type { Reference } from './reference.ts';
import {
  type Dense,
  growthOfCut,
  matrixOf,
  normOf,
  orthonormal,
  product,
  singularTriples,
  type Triple,
} from './singular-values.ts';
import { added, onBase, vectorsOf } from './vectors.ts';

export const isoCts: Reference = given => {
  const input = { ...given, parameters: { ...given.parameters, origin: 'base' } };
  const lambda = Number(given.parameters.lambda);
  if (given.shape.length < 2) return meanOfVectors(input, lambda);
  const changes = vectorsOf(input).map(change => matrixOf(change, given.shape));
  const sum = matrixOf(added(...vectorsOf(input)), given.shape);
  const short = Math.min(sum.length, sum[0]?.length ?? 0);
  const each = eachOf(short, changes.length, Number(given.parameters.common_space_fraction));
  const share = short - each * changes.length;
  const ofSum = singularTriples(sum);
  const common = ofSum.slice(0, share);
  const specific = changes.map(change => singularTriples(without(change, common), normOf(change)));
  const kept = [...common, ...specific.flatMap(triples => triples.slice(0, each))];
  const { triples, growth } = orthonormal(kept);
  const mean = (lambda * kept.reduce((total, { value }) => total + value, 0)) / short;
  const cuts = [
    growthOfCut(ofSum, share, normOf(sum)),
    ...specific.map((found, at) => growthOfCut(found, each, normOf(changes[at] ?? []))),
  ];
  const magnitude = Math.abs(mean) * growth * Math.max(...cuts) ** 2;
  return onBase(
    input,
    product(
      triples.map(triple => ({ ...triple, value: mean })),
      sum[0] ?? [],
      sum.length,
    ).map(value => ({ value, magnitude })),
  );
};

/** The nearest whole number to an equal share of what is not common, the even one of two, and no more than there are. */
function eachOf(short: number, count: number, fraction: number): number {
  const share = (short - Math.floor(short * fraction)) / count;
  const nearest = [Math.floor(share), Math.ceil(share)].sort(
    (one, other) => Math.abs(one - share) - Math.abs(other - share) || (one % 2) - (other % 2),
  );
  return Math.min(nearest[0] ?? 0, Math.floor(short / count));
}

/** A - U U^T A */
function without(matrix: Dense, common: readonly Triple[]): Dense {
  const along = common.map(({ left }) =>
    (matrix[0] ?? []).map((_, j) =>
      left.reduce((sum, element, i) => sum + element * (matrix[i]?.[j] ?? 0), 0),
    ),
  );
  return matrix.map((row, i) =>
    row.map((value, j) =>
      common.reduce((rest, { left }, at) => rest - (left[i] ?? 0) * (along[at]?.[j] ?? 0), value),
    ),
  );
}
