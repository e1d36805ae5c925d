import { createHash } from 'node:crypto';
import type { CheckpointLayout } from '../../../../src/formats/checkpoint.ts';
import { manifestOf } from '../../../../src/store/manifest/manifest-of.ts';
import { parseManifest } from '../../../../src/store/manifest/read-manifest.ts';
import { digestOf } from '../../layouts.ts';
import { textAgain } from '../parse-checkpoint.ts';
import type { FuzzTarget } from '../target.ts';

const LAYOUT: CheckpointLayout = {
  format: 'pytorch-zip',
  size: 60,
  extents: [
    { role: 'skeleton', offset: 0, length: 10 },
    { role: 'tensor', offset: 10, length: 24 },
    { role: 'tensor', offset: 34, length: 8 },
    { role: 'skeleton', offset: 42, length: 18 },
  ],
  tensors: [
    { name: 'a', dtype: 'F32', shape: [2, 3], strides: [1, 2], offset: 10, byteOrder: 'little' },
    { name: 'b c\n', dtype: 'F16', shape: [3], offset: 12, byteOrder: 'big' },
    { name: 'd', dtype: 'I64', shape: [], offset: 34, byteOrder: 'little' },
  ],
};

/** Manifests. What is read is written again byte for byte. */
export default {
  seeds: () => [
    manifestOf(
      LAYOUT,
      LAYOUT.extents.map((_, at) => digestOf(`${at}`)),
    ).text,
  ],
  parse: input => {
    if (Buffer.compare(textAgain(parseManifest(input)), input) !== 0)
      throw new Error('a manifest that was read is written otherwise');
  },
  words: [
    'skeleton ',
    'extent ',
    'tensor ',
    'view ',
    'format ',
    'size ',
    createHash('sha256').digest('hex'),
    '%0A',
  ],
} satisfies FuzzTarget;
