import fc from 'fast-check';
import type { JsonValue } from '../../../src/base/canonical-json.ts';
import { addDifference } from './add-difference.ts';
import { arceeFusion } from './arcee-fusion.ts';
import { ema, uniformSoup } from './averages.ts';
import { consensus, ram, ramplusTl, sce } from './changes.ts';
import { isoC } from './iso-c.ts';
import { isoCts } from './iso-cts.ts';
import { karcher } from './karcher.ts';
import { linear } from './linear.ts';
import { modelStock } from './model-stock.ts';
import { multislerp } from './multislerp.ts';
import { nearswap } from './nearswap.ts';
import { nuslerp } from './nuslerp.ts';
import { passthrough } from './passthrough.ts';
import type { Reference } from './reference.ts';
import { slerp } from './slerp.ts';
import { fisher, regmean } from './statistics.ts';
import { taskArithmetic } from './task-arithmetic.ts';
import { cut, drawn, sampled, taskVectors, trimmed } from './task-vectors.ts';
import { tsvM } from './tsv-m.ts';

/** A method's reference, and parameters to try it with. */
export interface ReferenceCase {
  readonly reference: Reference;
  readonly parameters: (models: number) => fc.Arbitrary<Record<string, JsonValue>>;
}

const between = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });
const weights = (models: number): fc.Arbitrary<number[]> =>
  fc.array(between(0.1, 1.5), { minLength: models, maxLength: models });

/** Weights of which no few cancel each other out, whatever the signs. */
const unlikeWeights = (models: number): fc.Arbitrary<number[]> =>
  weights(models).map(values => values.map((value, at) => value / 100 + 2 ** at));
const origin = fc.constantFrom('zero', 'base');

/** The parameters of all methods on sparse task vectors. */
const sparse = (models: number) => ({
  weight: weights(models),
  density: fc.array(fc.oneof(between(0, 1), fc.constantFrom(0, 0.5, 1)), {
    minLength: models,
    maxLength: models,
  }),
  lambda: between(-1, 1.5),
  normalize: fc.boolean(),
  rescale: fc.boolean(),
});
const gamma = (models: number): fc.Arbitrary<number[]> =>
  fc.array(between(0, 0.6), { minLength: models, maxLength: models });
const random = { seed: fc.nat(), rescale_by: fc.constantFrom('norm', 'density') };

/** Densities whose inverse eight-bit floats can bear. */
const dropping = (models: number) => ({
  density: fc.array(fc.oneof(between(0.1, 1), fc.constantFrom(0, 1)), {
    minLength: models,
    maxLength: models,
  }),
});

/** Densities that leave room for their epsilon. */
const sampling = (models: number) => ({
  density: fc.array(fc.oneof(between(0.3, 0.7), fc.constantFrom(0, 1)), {
    minLength: models,
    maxLength: models,
  }),
  epsilon: fc.array(between(0, 0.2), { minLength: models, maxLength: models }),
});
const consensus_method = fc.constantFrom('sum', 'count');

/** The reference of each method that calculates. */
export const REFERENCES: Readonly<Record<string, ReferenceCase>> = {
  add_difference: { reference: addDifference, parameters: () => fc.record({ scale: between(-1.5, 1.5) }) },
  iso_c: { reference: isoC, parameters: () => fc.record({ lambda: between(-1, 1.5) }) },
  iso_cts: {
    reference: isoCts,
    parameters: () => fc.record({ lambda: between(-1, 1.5), common_space_fraction: between(0, 1) }),
  },
  tsv_m: { reference: tsvM, parameters: () => fc.record({ lambda: between(-1, 1.5) }) },
  linear: {
    reference: linear,
    parameters: models => fc.record({ weight: weights(models), normalize: fc.boolean() }),
  },
  uniform_soup: { reference: uniformSoup, parameters: () => fc.constant({}) },
  ema: { reference: ema, parameters: () => fc.record({ decay: between(0, 1) }) },
  nuslerp: {
    reference: nuslerp,
    parameters: models =>
      fc.record({
        weight: weights(models),
        nuslerp_flatten: fc.boolean(),
        nuslerp_row_wise: fc.boolean(),
        origin,
      }),
  },
  multislerp: {
    reference: multislerp,
    parameters: models =>
      fc.record({ weight: unlikeWeights(models), normalize_weights: fc.boolean(), origin }),
  },
  karcher: {
    reference: karcher,
    parameters: () => fc.record({ max_iter: fc.nat(10), tol: fc.constant(1e-9) }),
  },
  model_stock: { reference: modelStock, parameters: () => fc.record({ filter_wise: fc.boolean() }) },
  nearswap: { reference: nearswap, parameters: () => fc.record({ t: between(0, 2) }) },
  arcee_fusion: { reference: arceeFusion, parameters: () => fc.constant({}) },
  fisher: {
    reference: fisher,
    parameters: models => fc.record({ weight: weights(models), floor: fc.constantFrom(0, 2 ** -20, 0.125) }),
  },
  regmean: {
    reference: regmean,
    parameters: models =>
      fc.record({ weight: weights(models), alpha: between(0, 0.95), ridge: fc.constantFrom(1e-3, 0.1) }),
  },
  adamerging: {
    reference: input =>
      taskArithmetic({ ...input, parameters: { ...input.parameters, lambda: 1, normalize: false } }),
    parameters: models => fc.record({ weight: weights(models) }),
  },
  passthrough: {
    reference: passthrough,
    parameters: () => fc.record({ scale: between(-2, 2).map(value => [value]) }),
  },
  ties: {
    reference: taskVectors(
      (change, model, input) => (input.parameters.variant === 'paper' ? cut : trimmed)(change, model, input),
      ({ parameters }) => (parameters.variant === 'mergekit' ? 'weighted' : 'unweighted'),
    ),
    parameters: models =>
      fc.record({
        ...sparse(models),
        consensus_method,
        variant: fc.constantFrom('mergekit', 'peft', 'paper'),
        threshold: fc.array(fc.oneof(between(0, 2), fc.constant(0)), {
          minLength: models,
          maxLength: models,
        }),
      }),
  },
  breadcrumbs: {
    reference: taskVectors(trimmed, () => 'none'),
    parameters: models => fc.record({ ...sparse(models), gamma: gamma(models) }),
  },
  breadcrumbs_ties: {
    reference: taskVectors(trimmed, () => 'weighted'),
    parameters: models => fc.record({ ...sparse(models), gamma: gamma(models), consensus_method }),
  },
  dare_linear: {
    reference: taskVectors(drawn, () => 'none'),
    parameters: models => fc.record({ ...sparse(models), ...random, ...dropping(models) }),
  },
  dare_ties: {
    reference: taskVectors(drawn, () => 'weighted'),
    parameters: models => fc.record({ ...sparse(models), ...random, ...dropping(models), consensus_method }),
  },
  della_linear: {
    reference: taskVectors(sampled, () => 'none'),
    parameters: models => fc.record({ ...sparse(models), ...random, ...sampling(models) }),
  },
  della: {
    reference: taskVectors(sampled, () => 'weighted'),
    parameters: models => fc.record({ ...sparse(models), ...random, ...sampling(models), consensus_method }),
  },
  sce: {
    reference: sce,
    parameters: () => fc.record({ select_topk: fc.oneof(between(0, 1), fc.constant(1)) }),
  },
  ram: { reference: ram, parameters: () => fc.record({ epsilon: between(0.01, 1) }) },
  ramplus_tl: {
    reference: ramplusTl,
    parameters: () => fc.record({ r: between(0, 1), alpha: between(0, 2), epsilon: between(0.01, 1) }),
  },
  consensus: {
    reference: consensus,
    parameters: models =>
      fc.record({
        tall_lambda: fc.array(between(0.1, 1), { minLength: models, maxLength: models }),
        least_models: fc.nat(3),
        lambda: between(-1, 1.5),
      }),
  },
  slerp: { reference: slerp, parameters: () => fc.record({ t: between(-0.5, 1.5) }) },
  task_arithmetic: {
    reference: taskArithmetic,
    parameters: models =>
      fc.record({ weight: weights(models), lambda: between(-1, 1.5), normalize: fc.boolean() }),
  },
};
