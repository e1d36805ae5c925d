import type { JsonValue } from '../../../src/base/canonical-json.ts';

/** Tensors as numbers, and a method's complete parameters. */
export interface ReferenceInput {
  readonly shape: readonly number[];
  readonly base: readonly number[];
  readonly models: readonly (readonly number[])[];
  readonly parameters: Readonly<Record<string, JsonValue>>;
  /** One for each model, where the method takes some. */
  readonly statistics: readonly (readonly number[])[];
}

/** An element of a result: its value in float64, and the magnitude that rounding errors are measured against. */
export interface ReferenceElement {
  readonly value: number;
  readonly magnitude: number;
}

/** What a method computes, in float64 and written for clarity. */
export type Reference = (input: ReferenceInput) => readonly ReferenceElement[];

/** Sum of terms as a result. */
export function sumOf(terms: readonly number[]): ReferenceElement {
  return {
    value: terms.reduce((total, term) => total + term, 0),
    magnitude: terms.reduce((total, term) => total + Math.abs(term), 0),
  };
}

/** A per-model parameter. */
export function listOf({ parameters }: ReferenceInput, name: string): readonly number[] {
  return parameters[name] as readonly number[];
}

/** Sum of products. */
export function dot(left: readonly number[], right: readonly number[]): number {
  return left.reduce((total, value, i) => total + value * (right[i] ?? 0), 0);
}

/** Sum of coefficient times vector, element by element. */
export function combined(
  coefficients: readonly number[],
  vectors: readonly (readonly number[])[],
): readonly ReferenceElement[] {
  const [first = []] = vectors;
  return first.map((_, i) => sumOf(vectors.map((vector, at) => (coefficients[at] ?? 0) * (vector[i] ?? 0))));
}
