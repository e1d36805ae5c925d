import { npz } from '../../../../src/formats/numpy/npz.ts';
import { parseCheckpoint } from '../parse-checkpoint.ts';
import type { FuzzTarget } from '../target.ts';

/** Archives of NumPy arrays, compressed or not. */
export default {
  seeds: () => [],
  parse: input => parseCheckpoint(npz, input),
  words: ['PK\\x03\\x04', 'PK\\x01\\x02', 'PK\\x05\\x06', 'PK\\x06\\x06', 'PK\\x06\\x07', '.npy'],
  bufferBytes: 64 * 1024 * 1024, // A slice for each compressed array, one after the other.
} satisfies FuzzTarget;
