import { noise } from './stores.ts';

/** Numbers that every machine computes alike: no logarithm, no cosine. Some are zero, tiny or huge. */
export function plainNumbers(count: number, seed: number): number[] {
  const bytes = noise(count * 4, seed);
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, count);
  return Array.from(words, (word, at) => {
    const value = ((word >>> 8) - 2 ** 23) / 2 ** 23;
    return at % 17 === 0 ? 0 : at % 31 === 0 ? value * 2 ** -20 : value;
  });
}
