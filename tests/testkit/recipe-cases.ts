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
const SHAPES = [[37, 251], [2, 4501], [4133], [3, 5, 7, 41], [9001, 1], [1, 6], []] as const;
/** Matrices that are taken apart: wide, tall, square, of rank 1, of more dimensions, with fewer rows than models, and none. */
const MATRICES = [[19, 31], [31, 19], [12, 12], [5, 1], [4, 3, 5], [2, 40], [40, 2], [7], []] as const;
const MODELS = [3, 2, 5, 7, 1, 4];
const SPECTRAL = ['iso_c', 'iso_cts', 'tsv_m'];
const SAMPLES_PER_DTYPE = 2;

/** A merge whose recipe is checked. */
export type RecipeCase = TensorMerge & { readonly dtype: FloatDtype };

/** Merges by every method, with every choice and switch, both numerics and drawn parameters, of all dtypes and many shapes; the same ones each time. */
export function* recipeCases(): Iterable<RecipeCase> {
  let turn = 0;
  for (const method of METHODS) {
    if (method.kind !== 'compute') continue;
    const shapes = SPECTRAL.includes(method.name) ? MATRICES : SHAPES;
    for (const dtype of FLOAT_DTYPES)
      for (const { parameters, models } of [...fixed(method), ...drawn(method, turn)]) {
        const shape = shapes[turn % shapes.length] as readonly number[];
        yield { method: method.name, shape, dtype, parameters, ...tensors({ dtype, shape, models, turn }) };
        turn++;
      }
  }
}

interface Settings {
  readonly models: number;
  readonly parameters: Readonly<Record<string, JsonValue>>;
}

function fixed(method: ComputingMethod): readonly Settings[] {
  const models = Math.min(3, method.models.maximum);
  return variantsOf(method).map(({ parameters }) => ({ models, parameters }));
}

/** Drawn parameters for other numbers of models. */
function drawn(method: ComputingMethod, seed: number): readonly Settings[] {
  const { minimum, maximum } = method.models;
  const choices = method.parameters.find(({ name }) => name === 'numerics')?.choices ?? [undefined];
  return Array.from({ length: SAMPLES_PER_DTYPE }).flatMap((_, sample) =>
    choices.map(numerics => {
      const models = Math.max(minimum, Math.min(maximum, MODELS[(seed + sample) % MODELS.length] ?? 1));
      const arbitrary = (REFERENCES[method.name] as (typeof REFERENCES)[string]).parameters(models);
      const [parameters = {}] = fc.sample(arbitrary, { seed: seed + sample, numRuns: 1 });
      return { models, parameters: { ...parameters, ...(numerics ? { numerics } : {}) } };
    }),
  );
}

/** A base and fine-tunings of it that leave some elements as they are; the last model is the first one in one case of eleven. */
function tensors({
  dtype,
  shape,
  models,
  turn,
}: Pick<RecipeCase, 'dtype' | 'shape'> & { models: number; turn: number }) {
  const count = elementCount(shape);
  const base = plainNumbers(count, turn);
  const tuned = (seed: number): number[] => {
    const changes = plainNumbers(count, seed);
    return base.map((value, at) => ((at + seed) % 5 === 0 ? value : value + (changes[at] ?? 0) / 4));
  };
  const all = Array.from({ length: models }, (_, model) => tuned(turn + 1000 * (model + 1)));
  if (turn % 11 === 0) all[models - 1] = all[0] as number[];
  return { base: encodeElements(dtype, base), models: all.map(values => encodeElements(dtype, values)) };
}
