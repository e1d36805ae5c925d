import { expect, test } from 'vitest';
import { measureModel } from '../../../src/merge/measure-model.ts';
import { completeParameters } from '../../../src/merge/parameters.ts';
import { elementCount } from '../../../src/tensor/dtype.ts';
import { decodeElements, encodeElements, type FloatDtype } from '../../testkit/float-elements.ts';
import { computingMethod, methodTask } from '../../testkit/merge-task.ts';
import { plainNumbers } from '../../testkit/plain-numbers.ts';

interface Tensor {
  readonly dtype: FloatDtype;
  readonly shape: readonly number[];
  /** Which of three models merge it, and by which density each. */
  readonly models: readonly number[];
  readonly density: readonly number[];
  readonly scale: number;
}

const TENSORS: readonly Tensor[] = [
  { dtype: 'F32', shape: [70, 100], models: [0, 1, 2], density: [0.3, 0.5, 1], scale: 1 },
  { dtype: 'BF16', shape: [9001], models: [0, 1, 2], density: [0.3, 0.5, 1], scale: 1 / 16 },
  { dtype: 'F32', shape: [40, 3], models: [1, 2], density: [0.5, 0.2], scale: 2 },
  { dtype: 'F16', shape: [], models: [0], density: [0.3], scale: 1 },
  { dtype: 'F32', shape: [0, 4], models: [0], density: [0.3], scale: 1 },
];

const ties = computingMethod('ties');

function opened(tensors: readonly Tensor[]) {
  return tensors.map(tensor => {
    const { dtype, shape, models, density, scale } = tensor;
    const at = TENSORS.indexOf(tensor) + TENSORS.findIndex(other => other.shape === shape) * 10;
    const encode = (seed: number): Uint8Array =>
      encodeElements(
        dtype,
        plainNumbers(elementCount(shape), 100 * at + seed).map(value => value * scale),
      );
    const inputs = { base: encode(9), models: models.map(encode) };
    const parameters = completeParameters(ties, { variant: 'paper', density }, models.length);
    return { ...tensor, ...inputs, measurable: { method: ties, parameters, dtype, shape, models } };
  });
}

async function thresholds(tensors: readonly Tensor[]): Promise<readonly unknown[]> {
  const all = opened(tensors);
  const parameters = await measureModel(
    all.map(({ measurable }) => measurable),
    async (at, use) => {
      const { dtype, shape, base, models, measurable } = all[at] as (typeof all)[number];
      await use(
        methodTask({ method: 'ties', dtype, shape, base, models, parameters: measurable.parameters }),
      );
    },
  );
  return parameters.map(({ threshold }) => threshold);
}

/** The magnitude of a rank among all changes of a model that one density trims. */
function expected(tensors: readonly Tensor[], model: number, density: number): number {
  if (density === 1) return 0;
  const magnitudes = opened(tensors).flatMap(({ dtype, base, models, measurable, density: densities }) => {
    const at = measurable.models.indexOf(model);
    if (densities[at] !== density) return [];
    const origin = decodeElements(dtype, base);
    const round = dtype === 'F64' ? (value: number): number => value : Math.fround;
    return Array.from(decodeElements(dtype, models[at] ?? base), (value, i) =>
      Math.abs(round(value - (origin[i] ?? 0))),
    );
  });
  magnitudes.sort((left, right) => right - left);
  return magnitudes[Math.trunc(density * magnitudes.length)] ?? 0;
}

const wanted = (tensors: readonly Tensor[]): readonly (readonly number[])[] =>
  tensors.map(({ models, density }) => models.map((model, at) => expected(tensors, model, density[at] ?? 1)));

test('each model has one threshold for all tensors of one density', async () => {
  expect(await thresholds(TENSORS)).toEqual(wanted(TENSORS));
});

test('the order of the tensors does not matter', async () => {
  expect(await thresholds(TENSORS.toReversed())).toEqual(wanted(TENSORS).toReversed());
});

test('with F64 among them, thresholds are found in F64', async () => {
  const tensors = [
    ...TENSORS,
    { dtype: 'F64', shape: [300], models: [0, 1], density: [0.3, 0.5], scale: 1 } as const,
  ];
  expect(await thresholds(tensors)).toEqual(wanted(tensors));
});

test('a threshold that is given stays, and other variants measure nothing', async () => {
  const open = () => Promise.reject(new Error('nothing is to be read'));
  const like = { method: ties, dtype: 'F32', shape: [4], models: [0] } as const;
  const given = completeParameters(ties, { variant: 'paper', threshold: [0.5] }, 1);
  const other = completeParameters(ties, { variant: 'peft', density: 0.5 }, 1);
  const tensors = [given, other].map(parameters => ({ ...like, parameters }));
  expect(await measureModel(tensors, open)).toEqual([given, other]);
});
