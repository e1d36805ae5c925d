import type { FuzzTarget } from '../target.ts';

/** Never comes back. */
export default {
  seeds: () => [Buffer.from('x')],
  parse: () => {
    for (;;);
  },
} satisfies FuzzTarget;
