import { MgitError } from '../../../../src/base/errors.ts';
import type { FuzzTarget } from '../target.ts';

/** Fails on `cat`, which chance alone does not find: only coverage tells that `c` and `ca` are on the way. */
export default {
  seeds: () => [Buffer.from('....')],
  parse: ([first, second, third]) => {
    if (first !== 0x63) throw new MgitError('PLANTED_INVALID', 'it does not begin with c');
    if (second !== 0x61) throw new MgitError('PLANTED_INVALID', 'no a follows');
    if (third !== 0x74) throw new MgitError('PLANTED_INVALID', 'no t follows');
    throw new TypeError('cat');
  },
  words: ['c', 'a', 't'],
} satisfies FuzzTarget;
