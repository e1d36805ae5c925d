import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Dtype } from '../../src/tensor/dtype.ts';
import { encodeElements, type FloatDtype } from './float-elements.ts';
import { safetensorsFile } from './safetensors-file.ts';

/** A tensor of a small model: its shape and its numbers. */
export interface FolderTensor {
  readonly shape: readonly number[];
  readonly values: readonly number[];
  /** Default: F32. */
  readonly dtype?: FloatDtype | 'I64';
}

/** Writes a model as transformers keeps it: weights, config, and other small files. */
export function writeModelFolder(
  folder: string,
  tensors: Readonly<Record<string, FolderTensor>>,
  files: Readonly<Record<string, unknown>> = {},
): void {
  mkdirSync(folder, { recursive: true });
  const specs = Object.entries(tensors).map(([name, { shape, values, dtype = 'F32' }]) => ({
    name,
    shape,
    dtype: dtype as Dtype,
    data: dtype === 'I64' ? int64(values) : encodeElements(dtype, values),
  }));
  writeFileSync(join(folder, 'model.safetensors'), safetensorsFile(specs, { format: 'pt' }));
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(folder, name), content instanceof Uint8Array ? content : JSON.stringify(content));
}

function int64(values: readonly number[]): Uint8Array {
  return new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer);
}
