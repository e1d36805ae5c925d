import { conversionOf } from './conversion.ts';
import { loadKernels } from './kernels/kernels.ts';
import type { FactorBytes } from './prediction.ts';

/** What a factor is: rows x columns, and whether it is stored columns first. */
export interface FactorShape {
  readonly rows: number;
  readonly columns: number;
  readonly isTransposed: boolean;
}

/** The numbers of a factor, row by row, in memory that threads share: they are sent along with every frame. */
export async function factorMatrix(factor: FactorBytes, shape: FactorShape): Promise<Float32Array> {
  const numbers = await factorVector(factor);
  return shape.isTransposed ? transposed(numbers, shape) : numbers;
}

/** The numbers of a factor as they lie, in memory that threads share. */
export async function factorVector({ bytes, dtype }: FactorBytes): Promise<Float32Array> {
  const kernels = await loadKernels();
  const numbers = sharedNumbers(bytes.length / (dtype === 'F32' ? 4 : 2));
  using input = kernels.borrow(bytes.length);
  using output = kernels.borrow(numbers.byteLength);
  input.bytes.set(bytes);
  conversionOf(dtype, kernels).widen(output.pointer, input.pointer, numbers.length);
  new Uint8Array(numbers.buffer).set(output.bytes);
  return numbers;
}

function transposed(numbers: Float32Array, { rows, columns }: FactorShape): Float32Array {
  const result = sharedNumbers(numbers.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      result[row * columns + column] = numbers[column * rows + row] ?? 0;
  return result;
}

function sharedNumbers(length: number): Float32Array {
  return new Float32Array(new SharedArrayBuffer(length * 4));
}
