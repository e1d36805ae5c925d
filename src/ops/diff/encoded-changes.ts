import type { EncodedTensor } from '../../formats/checkpoint.ts';
import { measureDifference, type TensorData } from '../../tensor/difference.ts';
import { elementCount } from '../../tensor/dtype.ts';
import { elementsOf } from '../../tensor/view-elements.ts';
import type { TensorChange } from './model-diff.ts';
import type { ModelVersion } from './model-version.ts';

/** A tensor that neither version's manifest names, in one version or in both; no change where its values are the same. */
export interface EncodedChange {
  readonly name: string;
  readonly change: Omit<TensorChange, 'formerName'> | undefined;
}

/**
 * Compares tensors whose elements do not lie in the files as they are, by their names. Each is decoded, since nothing else tells whether its values are the same. What another file
 * holds is left out. Errors: those of the formats and of reading.
 */
export async function* encodedChanges(
  before: ModelVersion | undefined,
  after: ModelVersion | undefined,
): AsyncGenerator<EncodedChange> {
  const [old, now] = [await readable(before), await readable(after)];
  for (const name of new Set([...old.keys(), ...now.keys()])) {
    const [left, right] = [old.get(name), now.get(name)];
    yield { name, change: await changeOf(name, left, right) };
  }
}

async function readable(version: ModelVersion | undefined): Promise<ReadonlyMap<string, EncodedTensor>> {
  const found = (await version?.encoded?.()) ?? [];
  return new Map(
    found.flatMap(tensor => (tensor.external === undefined ? [[tensor.name, tensor] as const] : [])),
  );
}

async function changeOf(
  name: string,
  left: EncodedTensor | undefined,
  right: EncodedTensor | undefined,
): Promise<EncodedChange['change']> {
  const [before, after] = [typeOf(left), typeOf(right)];
  if (!left || !right) return { name, kind: left ? 'removed' : 'added', before, after, difference: null };
  const isMeasurable = String(left.shape) === String(right.shape);
  const difference = isMeasurable ? await measureDifference(dataOf(left), dataOf(right)) : null;
  const isSame = difference?.changed === 0;
  return isSame ? undefined : { name, kind: 'changed', before, after, difference };
}

function typeOf(tensor: EncodedTensor | undefined): TensorChange['before'] {
  return tensor ? { dtype: tensor.dtype, shape: tensor.shape } : null;
}

function dataOf(tensor: EncodedTensor): TensorData {
  const { dtype, shape } = tensor;
  return { dtype, elements: elementCount(shape), bytes: elementsOf(tensor, tensor.span()) };
}
