import { npy } from '../../../../src/formats/numpy/npy.ts';
import { parseCheckpoint } from '../parse-checkpoint.ts';
import type { FuzzTarget } from '../target.ts';

/** NumPy arrays. */
export default {
  seeds: () => [],
  parse: input => parseCheckpoint(npy, input),
  words: ['\\x93NUMPY', "'descr'", "'fortran_order'", "'shape'", 'True', '|O', '>f8', '()'],
} satisfies FuzzTarget;
