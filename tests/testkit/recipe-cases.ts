import fc from 'fast-check';
import type { JsonValue } from '../../src/base/canonical-json.ts';
import { FLOAT_DTYPES } from '../../src/merge/float-dtypes.ts';
import type { ComputingMethod } from '../../src/merge/method.ts';
import { METHODS } from '../../src/merge/methods/registry.ts';
import { elementCount } from '../../src/tensor/dtype.ts';
import { encodeElements, type FloatDtype } from './float-elements.ts';
import { plainNumbers, variantsOf } from './frozen/kernel-digests.ts';
import { REFERENCES } from './merge-references/registry.ts';
import type { TensorMerge } from './merge-task.ts';

/** Blocks of sums have 4096 elements: more than one and a tail, rows of more than one, and what has no rows. */
const SHAPES = [[37, 253], [2, 4510], [4133], [3, 5, 7, 41], [9001, 1], [1, 6], []] as const;
/** Matrices that are taken apart: wide, tall, square, of rank 1, of more dimensions, with fewer rows than models, and none. */
const MATRICES = [[19, 31], [31, 19], [12, 12], [5, 1], [4, 3, 5], [2, 40], [40, 2], [7], []] as const;
const MODELS = [3, 2, 5, 7, 1, 4];
const SPECTRAL = ['iso_c', 'iso_cts', 'tsv_m'];
/** What models can be to each other, where methods have a case of their own. */
const RELATIONS = ['opposite', 'equal', 'base'] as const;
const SMALL = [3, 11];

/** A merge whose recipe is checked. */
export type RecipeCase = TensorMerge & { readonly dtype: FloatDtype };

/** Merges by every method, with every choice and switch, both numerics and drawn parameters, of all dtypes and many shapes; the same ones each time. */
export function* recipeCases(): Iterable<RecipeCase> {
  let turn = 0;
  for (const method of METHODS) {
    if (method.kind !== 'compute') continue;
    const shapes = SPECTRAL.includes(method.name) ? MATRICES : SHAPES;
    for (const dtype of FLOAT_DTYPES)
      for (const settings of [...fixed(method), ...related(method), ...drawn(method, dtype, turn)]) {
        const shape = settings.relation ? SMALL : (shapes[turn % shapes.length] as readonly number[]);
        const { parameters } = settings;
        yield {
          method: method.name,
          shape,
          dtype,
          parameters,
          ...tensors({ ...settings, dtype, shape, turn }),
        };
        turn++;
      }
  }
}

interface Settings {
  readonly models: number;
  readonly relation?: (typeof RELATIONS)[number];
  readonly parameters: Readonly<Record<string, JsonValue>>;
}

function fixed(method: ComputingMethod): readonly Settings[] {
  const models = Math.min(3, method.models.maximum);
  return variantsOf(method).map(({ parameters }) => ({ models, parameters }));
}

/** Models of which one is the opposite of the other, equals it, or is the base; weights that cancel each other out. */
function related(method: ComputingMethod): readonly Settings[] {
  const models = Math.min(2, method.models.maximum);
  const others: Record<string, JsonValue> = {
    lambda: 0.7,
    normalize: true,
    t: 0.01,
    eps: 0.5,
    r: 0.3,
    alpha: 9,
  };
  if (method.baseRole === 'origin' && models > 1 && method.name !== 'multislerp') others.weight = [0.5, -0.5];
  const own = method.parameters.flatMap(({ name }) => {
    const value = others[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return numericsOf(method).flatMap(numerics => [
    ...RELATIONS.map(relation => ({ models, relation, parameters: numerics })),
    { models, parameters: { ...Object.fromEntries(own), ...numerics } },
  ]);
}

function numericsOf({ parameters }: ComputingMethod): readonly { readonly numerics?: string }[] {
  const choices = parameters.find(({ name }) => name === 'numerics')?.choices;
  return choices?.map(numerics => ({ numerics })) ?? [{}];
}

/** Drawn parameters for other numbers of models; more of F64, which rounds the least. */
function drawn(method: ComputingMethod, dtype: FloatDtype, seed: number): readonly Settings[] {
  const { minimum, maximum } = method.models;
  return Array.from({ length: dtype === 'F64' ? 6 : 2 }).flatMap((_, sample) =>
    numericsOf(method).map(numerics => {
      const models = Math.max(minimum, Math.min(maximum, MODELS[(seed + sample) % MODELS.length] ?? 1));
      const arbitrary = (REFERENCES[method.name] as (typeof REFERENCES)[string]).parameters(models);
      const [parameters = {}] = fc.sample(arbitrary, { seed: seed + sample, numRuns: 1 });
      return { models, parameters: { ...parameters, ...numerics } };
    }),
  );
}

/** Powers of two that make numbers below 1 subnormal, or nearly too large. */
const EXTREMES: Readonly<Record<FloatDtype, readonly [number, number]>> = {
  F64: [-1040, 1022],
  F32: [-130, 126],
  BF16: [-130, 126],
  F16: [-18, 15],
  F8_E4M3: [-7, 8],
  F8_E5M2: [-15, 15],
  F8_E4M3FNUZ: [-8, 7],
  F8_E5M2FNUZ: [-16, 15],
};

type TensorNeeds = Pick<RecipeCase, 'dtype' | 'shape'> &
  Pick<Settings, 'models' | 'relation'> & { readonly turn: number };

/**
 * A base and fine-tunings of it that leave some elements as they are, and change others much more than most. Some have extreme numbers, whose
 * differences can be too large for the dtype.
 */
function tensors({ dtype, shape, models, relation, turn }: TensorNeeds) {
  const count = elementCount(shape);
  const extreme = Math.floor(turn / 10) % 6;
  const scale = 2 ** (EXTREMES[dtype][extreme] ?? 0);
  const encode = (values: readonly number[]): Uint8Array =>
    encodeElements(
      dtype,
      values.map(value => value * scale),
    );
  const base =
    relation === 'opposite'
      ? new Array<number>(count).fill(0)
      : plainNumbers(count, turn).map((value, at) => (at % 34 === 0 ? -0 : value));
  const flipped = (value: number, at: number): number => (extreme === 1 && at % 3 === 0 ? -value : value);
  const tuned = (model: number): number[] => {
    if (relation === 'base') return base;
    const seed = turn + 1000 * (relation ? 1 : model + 1);
    const sign = relation === 'opposite' && model % 2 === 1 ? -1 : 1;
    const changes = plainNumbers(count, seed).map(change => (change * change * change) / 4);
    return base.map((value, at) =>
      (at + seed) % 5 === 0 ? value : sign * (flipped(value, at) + (changes[at] ?? 0)),
    );
  };
  return {
    base: encode(base),
    models: Array.from({ length: models }, (_, model) => encode(tuned(model))),
  };
}
