import type { FuzzTarget } from '../target.ts';

/** Compares every byte of a long input with every other. */
export default {
  seeds: () => [new Uint8Array(2048)],
  parse: input => {
    let same = 0;
    for (const one of input) for (const other of input) if (one === other) same++;
    return same;
  },
} satisfies FuzzTarget;
