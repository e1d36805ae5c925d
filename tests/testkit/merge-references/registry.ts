import fc from 'fast-check';
import type { JsonValue } from '../../../src/base/canonical-json.ts';
import { addDifference } from './add-difference.ts';
import { linear } from './linear.ts';
import type { Reference } from './reference.ts';
import { slerp } from './slerp.ts';
import { taskArithmetic } from './task-arithmetic.ts';

/** A method's reference, and parameters to try it with. */
export interface ReferenceCase {
  readonly reference: Reference;
  readonly parameters: (models: number) => fc.Arbitrary<Record<string, JsonValue>>;
}

const between = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });
const weights = (models: number): fc.Arbitrary<number[]> =>
  fc.array(between(0.1, 1.5), { minLength: models, maxLength: models });

/** The reference of each method that calculates. */
export const REFERENCES: Readonly<Record<string, ReferenceCase>> = {
  add_difference: { reference: addDifference, parameters: () => fc.record({ scale: between(-1.5, 1.5) }) },
  linear: {
    reference: linear,
    parameters: models => fc.record({ weight: weights(models), normalize: fc.boolean() }),
  },
  slerp: { reference: slerp, parameters: () => fc.record({ t: between(-0.5, 1.5) }) },
  task_arithmetic: {
    reference: taskArithmetic,
    parameters: models =>
      fc.record({ weight: weights(models), lambda: between(-1, 1.5), normalize: fc.boolean() }),
  },
};
