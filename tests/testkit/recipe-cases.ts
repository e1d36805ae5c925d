import type { JsonValue } from '../../src/base/canonical-json.ts';
import { FLOAT_DTYPES } from '../../src/merge/float-dtypes.ts';
import type { ComputingMethod, MethodParameter } from '../../src/merge/method.ts';
import { METHODS } from '../../src/merge/methods/registry.ts';
import { elementCount } from '../../src/tensor/dtype.ts';
import { encodeElements, type FloatDtype } from './float-elements.ts';
import { variantsOf } from './frozen/kernel-digests.ts';
import type { TensorMerge } from './merge-task.ts';
import { plainNumbers } from './plain-numbers.ts';

/** Blocks of sums have 4096 elements: more than one and a tail, rows of more than one, and what has no rows. */
const SHAPES = [[19, 254], [2, 4510], [4133], [3, 5, 7, 41], [4500, 1], [1, 6], []] as const;
/** Matrices that are taken apart: wide, tall, square, of rank 1, of more dimensions, with fewer rows than models, and none. */
const MATRICES = [[19, 31], [31, 19], [12, 12], [5, 1], [4, 3, 5], [2, 40], [40, 2], [7], []] as const;
const MODELS = [3, 2, 9, 7, 1, 5];
const SPECTRAL = ['iso_c', 'iso_cts', 'tsv_m', 'regmean'];
/** What models can be to each other, where methods have a case of their own. */
const RELATIONS = ['opposite', 'equal', 'base', 'unlike'] as const;
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
        const shape = settings.relation ? SMALL : shapeAt(shapes, turn);
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

/** Each shape in its turn, but not the same one for the same settings of each dtype. */
function shapeAt(shapes: readonly (readonly number[])[], turn: number): readonly number[] {
  return shapes[(turn + 3 * Math.floor(turn / shapes.length)) % shapes.length] as readonly number[];
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

/** Models of which one is the opposite of the other, equals it, or is the base, and some that have nothing in common; weights that cancel each other out. */
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
  const own = method.parameters.flatMap(({ name, maximum = Infinity }) => {
    const value = others[name];
    if (value === undefined) return [];
    return [[name, typeof value === 'number' ? Math.min(value, maximum) : value] as const];
  });
  return numericsOf(method).flatMap(numerics => [
    ...RELATIONS.map(relation => ({
      models: relation === 'unlike' ? Math.min(5, method.models.maximum) : models,
      relation,
      parameters: { ...(method.name === 'karcher' ? { tol: 1e-9 } : {}), ...numerics },
    })),
    { models, parameters: { ...Object.fromEntries(own), ...numerics } },
  ]);
}

function numericsOf({ parameters }: ComputingMethod): readonly { readonly numerics?: string }[] {
  const choices = parameters.find(({ name }) => name === 'numerics')?.choices;
  return choices?.map(numerics => ({ numerics })) ?? [{}];
}

/** What numbers are drawn from: parameters' names, or names of methods and parameters. */
const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  weight: [-0.2, 1.5],
  'fisher weight': [0, 1.5],
  'regmean weight': [0, 1.5],
  'regmean alpha': [0.1, 1],
  floor: [0, 0.1],
  ridge: [1e-6, 1e-2],
  density: [0.3, 0.7],
  threshold: [0, 0.3],
  epsilon: [0.02, 0.25],
  'ram epsilon': [0, 0.02],
  'ramplus_tl epsilon': [0, 0.02],
  gamma: [0, 0.5],
  lambda: [-0.5, 1.5],
  scale: [-1, 1.5],
  t: [-0.2, 1.2],
  'nearswap t': [0, 0.1],
  decay: [0.1, 0.99],
  eps: [0, 0.1],
  max_iter: [0, 12],
  tol: [1e-9, 1e-3],
  select_topk: [0.1, 0.9],
  r: [0, 1],
  alpha: [0, 2],
  tall_lambda: [0, 1],
  least_models: [1, 3],
  common_space_fraction: [0, 1],
  seed: [0, 2 ** 40],
};

/** Drawn parameters for other numbers of models; more of F64, which rounds the least. */
function drawn(method: ComputingMethod, dtype: FloatDtype, turn: number): readonly Settings[] {
  const { minimum, maximum } = method.models;
  return Array.from({ length: dtype === 'F64' ? 6 : 2 }).flatMap((_, sample) => {
    const models = Math.max(minimum, Math.min(maximum, MODELS[(turn + sample) % MODELS.length] ?? 1));
    const shares = plainNumbers(64, turn + sample).map(value => (value + 1) / 2);
    const parameters = method.parameters.map(parameter => {
      const draw = (): JsonValue => drawOne(method, parameter, shares.pop() ?? 0);
      return [parameter.name, parameter.perModel ? Array.from({ length: models }, draw) : draw()] as const;
    });
    return numericsOf(method).map(numerics => ({
      models,
      parameters: { ...Object.fromEntries(parameters), ...numerics },
    }));
  });
}

function drawOne(
  method: ComputingMethod,
  { name, type, choices }: MethodParameter,
  share: number,
): JsonValue {
  if (type === 'boolean') return share < 0.5;
  if (type === 'choice') return choices?.[Math.floor(share * choices.length)] ?? null;
  const range = RANGES[`${method.name} ${name}`] ?? RANGES[name];
  if (range === undefined) throw new Error(`nothing is known to draw ${name} of ${method.name} from`);
  const value = range[0] + share * (range[1] - range[0]);
  return name === 'seed' || name === 'max_iter' || name === 'least_models' ? Math.floor(value) : value;
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
    const seed = turn + 1000 * (relation && relation !== 'unlike' ? 1 : model + 1);
    if (relation === 'unlike') return plainNumbers(count, seed);
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
