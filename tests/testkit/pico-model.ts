import { f32, safetensorsFile } from './safetensors-file.ts';

/** A model of two layers and a few dozen numbers; each seed gives other weights of the same shapes. */
export function picoModel(seed: number): Uint8Array {
  const values = (count: number, offset: number): number[] =>
    Array.from({ length: count }, (_, index) => Math.fround(Math.sin(seed * 97 + offset + index)));
  return safetensorsFile(
    [
      { name: 'fc1.weight', dtype: 'F32', shape: [4, 3], data: f32(...values(12, 0)) },
      { name: 'fc1.bias', dtype: 'F32', shape: [4], data: f32(...values(4, 100)) },
      { name: 'fc2.weight', dtype: 'F32', shape: [2, 4], data: f32(...values(8, 200)) },
    ],
    { format: 'pt' },
  );
}
