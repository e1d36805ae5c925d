import { pytorchLegacy } from '../../../../src/formats/pytorch/legacy.ts';
import { parseCheckpoint } from '../parse-checkpoint.ts';
import type { FuzzTarget } from '../target.ts';

/** What `torch.save` wrote before 1.6. */
export default {
  seeds: () => [],
  parse: input => parseCheckpoint(pytorchLegacy, input),
  words: ['little_endian', 'storage', 'ctorch\\nHalfStorage\\n'],
} satisfies FuzzTarget;
