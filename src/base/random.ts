import { createHash } from 'node:crypto';

/** Names the generator and its seeding; part of every record that must be reproduced. */
export const RANDOM_VERSION = 'xoshiro128**-1';

/** A deterministic stream of pseudo-random numbers; not for secrets. */
export interface Random {
  /** 32 random bits. */
  uint32(): number;
  /** Uniform in [0, 1), with 24 random bits: exact in float32. */
  unit(): number;
  /** A uniform integer below `bound` (1 to 2^32), without bias. */
  below(bound: number): number;
  /** Shuffles in place (Fisher-Yates). */
  shuffle(items: Uint32Array): void;
}

/**
 * The stream of a seed for one purpose; streams of different labels are independent. Same numbers on every machine, for ever.
 * Source: Blackman and Vigna, xoshiro128** 1.1; its state is the start of the SHA-256 of version, seed and label.
 */
export function createRandom(seed: number, label: string): Random {
  const digest = createHash('sha256').update(`${RANDOM_VERSION}\0${seed}\0${label}`).digest();
  const state = Uint32Array.from([0, 4, 8, 12], offset => digest.readUInt32LE(offset));
  const uint32 = (): number => next(state);
  const below = (bound: number): number => {
    const limit = 2 ** 32 - (2 ** 32 % bound);
    for (;;) {
      const drawn = uint32();
      if (drawn < limit) return drawn % bound;
    }
  };
  return { uint32, below, unit: () => (uint32() >>> 8) / 2 ** 24, shuffle: items => shuffle(items, below) };
}

function next(state: Uint32Array): number {
  const [s0 = 0, s1 = 0, s2 = 0, s3 = 0] = state;
  const result = Math.imul(rotate(Math.imul(s1, 5), 7), 9) >>> 0;
  const mixed2 = s2 ^ s0;
  const mixed3 = s3 ^ s1;
  state.set([s0 ^ mixed3, s1 ^ mixed2, mixed2 ^ (s1 << 9), rotate(mixed3, 11)]);
  return result;
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function shuffle(items: Uint32Array, below: (bound: number) => number): void {
  for (let last = items.length - 1; last > 0; last--) {
    const other = below(last + 1);
    const kept = items[last] as number;
    items[last] = items[other] as number;
    items[other] = kept;
  }
}
