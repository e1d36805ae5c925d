import { arcCosine, sine } from '../../tensor/elementary-functions.ts';
import { combine } from '../combine.ts';
import type { Gram } from '../gram.ts';
import type { Grouping } from '../groups.ts';
import type { ComputingMethod, MethodParameters } from '../method.ts';
import { isStepwise, NUMERICS_PARAMETER, numbers } from '../parameters.ts';
import { isFromBase, ORIGIN_PARAMETER } from './origin-parameter.ts';

/** Vectors are at least this long when they are divided by their length, and weights that sum up to less are equal. Source: mergekit. */
const [SHORTEST, LEAST_WEIGHT] = [1e-7, 1e-6];
/** Angles with a smaller sine are those of parallel or opposite vectors: float64 cannot tell. */
const SMALLEST_SINE = 1e-6;

/** Spherical interpolation of two models or of their changes, of whole tensors, of rows or of columns, without a threshold where it stops. */
export const nuslerp: ComputingMethod = {
  name: 'nuslerp',
  kind: 'compute',
  summary: 'a point on the arc between two models or two changes, of whole tensors, rows or columns',
  whenToUse: 'two models that each neuron should be interpolated between on its own, or two task vectors',
  source: 'mergekit, NuSLERP; Shoemake 1985, https://doi.org/10.1145/325165.325242',
  baseRole: 'origin',
  models: { minimum: 2, maximum: 2 },
  isMultiPass: true,
  kernels: 1,
  parameters: [
    {
      name: 'weight',
      description: 'how near to each model, relative to the other',
      type: 'number',
      default: 1,
      perModel: true,
    },
    {
      name: 'nuslerp_flatten',
      description: 'a tensor is one vector',
      type: 'boolean',
      default: true,
      perModel: false,
    },
    {
      name: 'nuslerp_row_wise',
      description: 'without nuslerp_flatten: vectors go along the first dimension, not along the last',
      type: 'boolean',
      default: false,
      perModel: false,
    },
    ORIGIN_PARAMETER,
    NUMERICS_PARAMETER,
  ],
  needsBase: isFromBase,
  run: task => {
    const t = shareOfSecond(numbers(task.parameters, 'weight'));
    return combine(task, {
      grouping: groupingOf(task.parameters),
      isFromBase: isFromBase(task.parameters),
      isRoundedStepwise: isStepwise(task.parameters),
      coefficients: gram => onArc(gram, t),
    });
  },
};

function shareOfSecond([first = 0, second = 0]: readonly number[]): number {
  return Math.abs(first + second) < LEAST_WEIGHT ? 0.5 : second / (first + second);
}

function groupingOf({ nuslerp_flatten, nuslerp_row_wise }: MethodParameters): Grouping {
  if (nuslerp_flatten) return 'all';
  return nuslerp_row_wise ? 'columns' : 'rows';
}

function onArc(gram: Gram, t: number): readonly number[] {
  const cosine = gram(0, 1) / (lengthOf(gram(0, 0)) * lengthOf(gram(1, 1)));
  const angle = arcCosine(Math.min(1, Math.max(-1, cosine)));
  const whole = sine(angle);
  if (whole < SMALLEST_SINE) return [1 - t, t];
  return [sine((1 - t) * angle) / whole, sine(t * angle) / whole];
}

function lengthOf(square: number): number {
  return Math.max(SHORTEST, Math.sqrt(square));
}
