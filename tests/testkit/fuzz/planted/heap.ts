import type { FuzzTarget } from '../target.ts';

/** Keeps more and more of what it reads. */
export default {
  seeds: () => [Buffer.from('x')],
  parse: () => {
    const kept: string[][] = [];
    for (;;) kept.push(Array.from({ length: 1000 }, (_, at) => `${kept.length} ${at}`));
  },
} satisfies FuzzTarget;
