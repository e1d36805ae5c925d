import { open } from 'node:fs/promises';
import { writeSafetensorsHeader } from '../../../src/formats/safetensors/write-header.ts';
import { weights } from '../stores.ts';

/** A model that is too large to be made in memory. */
export interface BigModel {
  readonly path: string;
  readonly tensors: number;
  /** Bytes of each tensor: a multiple of 8192. */
  readonly tensorBytes: number;
}

/** BF16 weights, 4 MiB: repeated with another beginning, they are as hard to compress as any. */
const BLOCK_BYTES = 4 * 1024 * 1024;
const COLUMNS = 1024;

/**
 * Writes a safetensors file of BF16 weights. Versions of equal seed are equal; others differ from version 0 by `change` in a
 * hundredth of the elements of every tensor whose number `changes` accepts.
 */
export async function writeBigModel(
  model: BigModel,
  version: { readonly seed: number; readonly changes: (tensor: number) => boolean },
): Promise<void> {
  const { tensors, tensorBytes } = model;
  const shape = [tensorBytes / 2 / COLUMNS, COLUMNS];
  const specs = Array.from({ length: tensors }, (_, at) => ({
    name: nameOf(at),
    dtype: 'BF16' as const,
    shape,
  }));
  const header = writeSafetensorsHeader(specs);
  const [plain, changed] = blocksOf(version.seed);
  const file = await open(model.path, 'w');
  try {
    await file.write(header.bytes, 0, header.bytes.length, 0);
    let at = 0;
    for (const { offset, length } of header.tensors) {
      const block = version.changes(at) ? changed : plain;
      for (let done = 0; done < length; done += BLOCK_BYTES) {
        const start = ((at * 4097 + done / BLOCK_BYTES) * 64) % BLOCK_BYTES;
        const size = Math.min(BLOCK_BYTES, length - done);
        await file.write(block, start, size, offset + done);
      }
      at++;
    }
  } finally {
    await file.close();
  }
}

function nameOf(tensor: number): string {
  return `blocks.${Math.floor(tensor / 8)}.part${tensor % 8}.weight`;
}

/** Two blocks, each twice so that any beginning has a whole block after it; the second with a hundredth of its values moved. */
function blocksOf(seed: number): readonly [Uint8Array, Uint8Array] {
  const plain = bf16(weights(BLOCK_BYTES / 2, 1));
  const changed = plain.slice();
  for (let at = seed % 100; at < changed.length; at += 100)
    changed[at] = ((changed[at] ?? 0) ^ (1 + (seed & 3))) >>> 0;
  return [twice(plain), twice(changed)];
}

function bf16(values: Float32Array): Uint16Array {
  const words = new Uint16Array(values.buffer);
  return Uint16Array.from({ length: values.length }, (_, at) => words[2 * at + 1] ?? 0);
}

function twice(block: Uint16Array): Uint8Array {
  const bytes = new Uint8Array(block.buffer);
  const both = new Uint8Array(2 * bytes.length);
  both.set(bytes);
  both.set(bytes, bytes.length);
  return both;
}
