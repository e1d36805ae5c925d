import { elementCount } from '../../../src/tensor/dtype.ts';
import { dot, type ReferenceElement, type ReferenceInput, sumOf } from './reference.ts';

/** Euclidean length. */
export function lengthOf(vector: readonly number[]): number {
  return Math.sqrt(dot(vector, vector));
}

/** Factor times vector. */
export function scaled(vector: readonly number[], factor: number): readonly number[] {
  return vector.map(value => value * factor);
}

/** Sum of vectors. */
export function added(...vectors: readonly (readonly number[])[]): readonly number[] {
  return (vectors[0] ?? []).map((_, i) => vectors.reduce((sum, vector) => sum + (vector[i] ?? 0), 0));
}

/** The models, or their changes since the base. */
export function vectorsOf({ models, base, parameters }: ReferenceInput): readonly (readonly number[])[] {
  return parameters.origin === 'base' ? models.map(model => added(model, scaled(base, -1))) : models;
}

/** Adds the base to what was made of changes. */
export function onBase(
  input: ReferenceInput,
  result: readonly ReferenceElement[],
): readonly ReferenceElement[] {
  if (input.parameters.origin !== 'base') return result;
  return result.map(({ value, magnitude }, i) => {
    const whole = sumOf([value, input.base[i] ?? 0]);
    return { value: whole.value, magnitude: whole.magnitude + magnitude };
  });
}

/** The elements of each vector of a tensor: all, those of a row (the last dimension) or of a column (the first). */
export function placesOf(
  shape: readonly number[],
  grouping: 'all' | 'rows' | 'columns',
): readonly number[][] {
  const all = Array.from({ length: elementCount(shape) }, (_, i) => i);
  if (grouping === 'all' || shape.length < 2) return [all];
  const columns = elementCount(shape.slice(1));
  const group = (i: number): number =>
    grouping === 'rows' ? Math.floor(i / (shape.at(-1) ?? 1)) : i % columns;
  return Object.values(Object.groupBy(all, group)) as number[][];
}

/** Merges each vector of a tensor on its own. */
export function eachVector(
  vectors: readonly (readonly number[])[],
  places: readonly number[][],
  merge: (parts: readonly (readonly number[])[]) => readonly ReferenceElement[],
): readonly ReferenceElement[] {
  const result: ReferenceElement[] = [];
  for (const group of places) {
    const merged = merge(vectors.map(vector => group.map(i => vector[i] ?? 0)));
    for (const [at, i] of group.entries()) result[i] = merged[at] as ReferenceElement;
  }
  return result;
}
