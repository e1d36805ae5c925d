import { pytorchZip } from '../../../../src/formats/pytorch/zip.ts';
import { parseCheckpoint } from '../parse-checkpoint.ts';
import type { FuzzTarget } from '../target.ts';

/** What `torch.save` writes. */
export default {
  seeds: () => [],
  parse: input => parseCheckpoint(pytorchZip, input),
  bufferBytes: 512 * 1024 * 1024, // A compressed pickle of 64 MiB is unpacked twice, in slices that are joined.
  words: [
    'PK\\x03\\x04',
    'PK\\x01\\x02',
    'PK\\x05\\x06',
    'PK\\x06\\x06',
    'PK\\x06\\x07',
    'data.pkl',
    'byteorder',
    '/data/0',
  ],
} satisfies FuzzTarget;
