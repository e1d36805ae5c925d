import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { safetensorsFile, type TensorWithData } from './safetensors-file.ts';
import { bytesOf, weights } from './stores.ts';

/** An F32 tensor of deterministic weights. */
export function weightTensor(name: string, shape: readonly number[], seed: number): TensorWithData {
  const count = shape.reduce((product, size) => product * size, 1);
  return { name, dtype: 'F32', shape, data: bytesOf(weights(count, seed, 0.1)) };
}

/** The numbers of an F32 tensor. */
export function numbersOf({ data }: TensorWithData): Float32Array {
  return new Float32Array(Uint8Array.from(data).buffer);
}

/** Writes a folder as PEFT's `save_pretrained` does. Names of tensors are those of the model. */
export async function writeAdapter(
  folder: string,
  config: Readonly<Record<string, unknown>>,
  tensors: readonly TensorWithData[],
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'adapter_config.json'), JSON.stringify(config));
  const named = tensors.map(tensor => ({ ...tensor, name: `base_model.model.${tensor.name}` }));
  await writeFile(join(folder, 'adapter_model.safetensors'), safetensorsFile(named, { format: 'pt' }));
}

/** `base + scale (left right)` by the kernels' definition, in plain loops. `left` is rows x rank. */
export function lowRankReference(
  base: Float32Array,
  {
    left,
    right,
    rank,
    scale,
  }: {
    readonly left: (row: number, k: number) => number;
    readonly right: (k: number, column: number) => number;
    readonly rank: number;
    readonly scale: number;
  },
  columns: number,
): Float32Array {
  return base.map((value, at) => {
    let sum = 0;
    for (let k = 0; k < rank; k++) {
      const product = Math.fround(left(Math.floor(at / columns), k) * right(k, at % columns));
      sum = Math.fround(sum + product);
    }
    return value + Math.fround(sum * Math.fround(scale));
  });
}
