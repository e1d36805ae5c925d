import { gguf } from '../../../../src/formats/gguf/format.ts';
import { parseCheckpoint } from '../parse-checkpoint.ts';
import type { FuzzTarget } from '../target.ts';

/** GGUF files of both byte orders. */
export default {
  seeds: () => [],
  parse: input => parseCheckpoint(gguf, input),
  words: ['GGUF', 'general.alignment'],
} satisfies FuzzTarget;
