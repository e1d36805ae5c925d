import { evaluateRecipe } from '../../../../src/merge/evaluate-recipe.ts';
import { decodeRecipe, encodeRecipe } from '../../../../src/store/packs/recipe-parameters.ts';
import { digestOf } from '../../layouts.ts';
import type { FuzzTarget } from '../target.ts';

/** Results longer than this are not computed here. */
const RESULT_BYTES = 4096;

const input = (text: string) => ({ digest: digestOf(text), dtype: 'F32', length: 16 });

const recipe = (method: string, values: Readonly<Record<string, number>>): Uint8Array =>
  encodeRecipe({
    method,
    kernels: 1,
    dtype: 'F32',
    length: 16,
    inputs: [input('base'), input('one'), input('two')],
    parameters: { shape: [2, 2], base: 0, models: [1, 2], values },
  });

/** Recipe records: their parameters, and what kernels make of them where all inputs are zero. */
export default {
  seeds: () => [
    recipe('linear', { weight: 0.5 }),
    recipe('task_arithmetic', { weight: 1 }),
    recipe('ties', { density: 0.5 }),
    recipe('slerp', { t: 0.5 }),
  ],
  parse: async bytes => {
    const read = decodeRecipe(bytes);
    if (read.length > RESULT_BYTES) return;
    const zeros = async (_index: number, _offset: number, length: number, target?: Uint8Array) =>
      target?.fill(0) ?? new Uint8Array(length);
    for await (const _ of evaluateRecipe(read, zeros));
  },
  words: ['BF16', 'F16', 'F64', '"shape":[]', 'dare_ties', 'breadcrumbs', 'della', '"lambda":', '"seed":'],
} satisfies FuzzTarget;
