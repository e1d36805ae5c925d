import { randomFillSync } from 'node:crypto';
import { closeSync, copyFileSync, openSync, readSync, statSync, writeSync } from 'node:fs';

/** Writes a safetensors file of equal U8 tensors with incompressible content. */
export function writeModel(path: string, bytes: number, tensors: number): void {
  const length = Math.floor(bytes / tensors);
  const file = openSync(path, 'w');
  const chunk = Buffer.alloc(4 * 1024 * 1024);
  writeSync(file, safetensorsHeader(tensors, length));
  for (let left = length * tensors; left > 0; left -= chunk.length) {
    randomFillSync(chunk);
    writeSync(file, chunk, 0, Math.min(left, chunk.length));
  }
  closeSync(file);
}

/** A copy of a file with its last byte inverted, which lies in the last tensor. */
export function changeOneTensor(from: string, to: string): void {
  copyFileSync(from, to);
  const file = openSync(to, 'r+');
  const last = Buffer.alloc(1);
  const at = statSync(from).size - 1;
  readSync(file, last, 0, 1, at);
  writeSync(
    file,
    last.map(byte => byte ^ 0xff),
    0,
    1,
    at,
  );
  closeSync(file);
}

/**
 * Writes a safetensors file of equal BF16 tensors with weights that are distributed normally. `moved` is the share of elements whose
 * last bit differs from the file that 0 gives, as after some steps of training.
 */
export function writeWeights(
  path: string,
  { bytes, tensors, moved }: { readonly bytes: number; readonly tensors: number; readonly moved: number },
): void {
  const length = Math.floor(bytes / tensors / 2) * 2;
  const file = openSync(path, 'w');
  writeSync(file, safetensorsHeader(tensors, length, 'BF16'));
  const block = new Uint8Array(normalWeights(2 * WEIGHTS, moved).buffer);
  for (let left = length * tensors, at = 0; left > 0; at++) {
    const size = Math.min(left, 2 * WEIGHTS);
    writeSync(file, block, ((at * 4099) % WEIGHTS) * 2, size); // Another beginning each time, so that no two tensors are equal.
    left -= size;
  }
  closeSync(file);
}

/** Weights that are drawn once: those of 4 MiB. */
const WEIGHTS = 2 * 1024 * 1024;

/** BF16 of standard deviation 0.02, by Box and Muller's method, the same for every `moved`. */
function normalWeights(count: number, moved: number): Uint16Array {
  const uniform = randomNumbers(1);
  const isMoved = randomNumbers(2);
  const numbers = Float32Array.from(
    { length: count },
    () => 0.02 * Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  );
  const words = new Uint16Array(numbers.buffer);
  return Uint16Array.from(
    { length: count },
    (_, at) => (words[2 * at + 1] ?? 0) ^ (isMoved() < moved ? 1 : 0),
  );
}

/** Numbers from 0 to 1 of a linear congruential generator (Numerical Recipes' constants): the same on every machine. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function safetensorsHeader(tensors: number, length: number, dtype: 'U8' | 'BF16' = 'U8'): Buffer {
  const shape = [dtype === 'U8' ? length : length / 2];
  const entries = Array.from({ length: tensors }, (_, at) => [
    `layer.${at}.weight`,
    { dtype, shape, data_offsets: [at * length, (at + 1) * length] },
  ]);
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const padded = Buffer.concat([json, Buffer.alloc((8 - (json.length % 8)) % 8, ' ')]);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([size, padded]);
}
