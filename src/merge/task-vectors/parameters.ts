import type { MethodParameter } from '../method.ts';

/** How much each model's change counts. */
export const WEIGHT: MethodParameter = {
  name: 'weight',
  description: "share of each model's change",
  type: 'number',
  default: 1,
  perModel: true,
};

/** Factor of what is added to the base. */
export const LAMBDA: MethodParameter = {
  name: 'lambda',
  description: 'factor of the whole change',
  type: 'number',
  default: 1,
  perModel: false,
};

/** The share of elements that stay. */
export const DENSITY: MethodParameter = {
  name: 'density',
  description: "share of the elements of each model's change that stay",
  type: 'number',
  default: 1,
  minimum: 0,
  maximum: 1,
  perModel: true,
};

/** The magnitude from which on elements stay, where a whole model is trimmed at once. */
export const THRESHOLD: MethodParameter = {
  name: 'threshold',
  description:
    'with variant paper: smaller elements of a change do not stay; 0 finds it, so that density is the share of the whole model that stays',
  type: 'number',
  default: 0,
  minimum: 0,
  perModel: true,
};

/** The share of the largest elements that do not stay. */
export const GAMMA: MethodParameter = {
  name: 'gamma',
  description: "share of the elements of each model's change that are too large to stay",
  type: 'number',
  default: 0.01,
  minimum: 0,
  maximum: 1,
  perModel: true,
};

/** Who elects an element's sign. */
export const CONSENSUS_METHOD: MethodParameter = {
  name: 'consensus_method',
  description: 'whether models vote for a sign with the size of their change (sum) or one vote each (count)',
  type: 'choice',
  choices: ['sum', 'count'],
  default: 'sum',
  perModel: false,
};

/** Whether to divide by the weights of the changes that count. */
export function normalizeParameter(isDefault: boolean): MethodParameter {
  return {
    name: 'normalize',
    description: 'divide by the sum of the weights (with an election, of the models that agree)',
    type: 'boolean',
    default: isDefault,
    perModel: false,
  };
}

/** Whether to make up for the elements that are gone. */
export function rescaleParameter(isDefault: boolean): MethodParameter {
  return {
    name: 'rescale',
    description: 'enlarge what stays, to make up for what does not',
    type: 'boolean',
    default: isDefault,
    perModel: false,
  };
}

/** How to make up for the elements that are gone. */
export const RESCALE_BY: MethodParameter = {
  name: 'rescale_by',
  description:
    "how to rescale: to each change's sum of magnitudes (norm, as mergekit does), or by 1 / density",
  type: 'choice',
  choices: ['norm', 'density'],
  default: 'norm',
  perModel: false,
};

/** How much more probably the largest elements stay than the smallest. */
export const EPSILON: MethodParameter = {
  name: 'epsilon',
  description:
    'the smallest element stays with the probability density - epsilon, the largest with density + epsilon',
  type: 'number',
  default: 0.15,
  minimum: 0,
  maximum: 0.5,
  perModel: true,
};
