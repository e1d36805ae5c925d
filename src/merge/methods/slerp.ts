import { arcCosine, sine } from '../../tensor/elementary-functions.ts';
import { combine } from '../combine.ts';
import type { Gram } from '../gram.ts';
import type { ComputingMethod } from '../method.ts';
import { NUMERICS_PARAMETER, numberParameter } from '../parameters.ts';

/** Vectors with a cosine beyond this are as good as parallel, and interpolated linearly. Source: mergekit. */
const PARALLEL = 0.9995;
/** A vector that is not longer than this has no direction. Source: mergekit. */
const SHORTEST = 1e-8;

/** Spherical linear interpolation: along the arc between two models, not along the chord, which would shorten the result. */
export const slerp: ComputingMethod = {
  name: 'slerp',
  kind: 'compute',
  summary: 'a point on the arc between two models',
  whenToUse: 'two models, one of them perhaps more than the other; keeps the length of the weights',
  source: 'Shoemake 1985, Animating rotation with quaternion curves, https://doi.org/10.1145/325165.325242',
  baseRole: 'first',
  models: { minimum: 2, maximum: 2 },
  isMultiPass: true,
  kernels: 1,
  parameters: [
    {
      name: 't',
      description: 'where on the arc: 0 is the first model, 1 the second',
      type: 'number',
      default: 0.5,
      perModel: false,
    },
    NUMERICS_PARAMETER,
  ],
  needsBase: () => false,
  run: task => {
    const t = numberParameter(task.parameters, 't');
    return combine(task, {
      grouping: 'all',
      isFromBase: false,
      isRoundedStepwise: false, // mergekit, too, interpolates in float32.
      coefficients: gram => onArc(gram, t),
    });
  },
};

function onArc(gram: Gram, t: number): readonly number[] {
  const product = gram(0, 1) / (lengthOf(gram(0, 0)) * lengthOf(gram(1, 1)));
  if (Math.abs(product) > PARALLEL) return [1 - t, t];
  const angle = arcCosine(product);
  return [sine((1 - t) * angle) / sine(angle), sine(t * angle) / sine(angle)];
}

function lengthOf(square: number): number {
  const length = Math.sqrt(square);
  return length > SHORTEST ? length : 1;
}
