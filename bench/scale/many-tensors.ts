import { closeSync, openSync, writeSync } from 'node:fs';
import { writeSafetensorsHeader } from '../../src/formats/safetensors/write-header.ts';

/** Bytes of a tensor: four F32. Tiny, so that what is measured is the number of tensors. */
const TENSOR_BYTES = 16;

/** A safetensors file of very many tiny tensors, named as those of a mixture of experts. */
export interface ManyTensors {
  /** Gives every `step`-th tensor new values, from `first` on. */
  change(first: number, step: number): void;
  write(path: string): void;
}

/** A model of so many tensors with random values. */
export function manyTensors(count: number): ManyTensors {
  const specs = Array.from({ length: count }, (_, at) => ({
    name: `model.layers.${Math.floor(at / 768)}.mlp.experts.${Math.floor(at / 3) % 256}.w${at % 3}.weight`,
    dtype: 'F32' as const,
    shape: [2, 2],
  }));
  const header = writeSafetensorsHeader(specs).bytes;
  const data = Buffer.alloc(count * TENSOR_BYTES);
  const fill = (at: number): void => {
    for (let value = 0; value < 4; value++)
      data.writeFloatLE(Math.random() - 0.5, at * TENSOR_BYTES + value * 4);
  };
  for (let at = 0; at < count; at++) fill(at);
  return {
    change: (first, step) => {
      for (let at = first; at < count; at += step) fill(at);
    },
    write: path => {
      const file = openSync(path, 'w');
      writeSync(file, header);
      writeSync(file, data);
      closeSync(file);
    },
  };
}
