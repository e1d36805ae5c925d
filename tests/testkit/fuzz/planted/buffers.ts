import type { FuzzTarget } from '../target.ts';

/** Takes as many bytes as the input says. */
export default {
  seeds: () => [Buffer.from([0, 0, 0, 16])],
  parse: input => new Uint8Array(Buffer.from(input).readUInt32BE()),
} satisfies FuzzTarget;
