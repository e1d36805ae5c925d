import { createHash } from 'node:crypto';
import { isMgitError } from '../../../../src/base/errors.ts';
import type { CheckpointLayout } from '../../../../src/formats/checkpoint.ts';
import type { Manifest } from '../../../../src/store/manifest/manifest.ts';
import { manifestOf } from '../../../../src/store/manifest/manifest-of.ts';
import {
  manifestDigests,
  openManifest,
  parseManifest,
} from '../../../../src/store/manifest/read-manifest.ts';
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

/** Manifests: what is read line by line as it is asked for, and what is read as a whole, which is written again byte for byte. */
export default {
  seeds: () => [
    manifestOf(
      LAYOUT,
      LAYOUT.extents.map((_, at) => digestOf(`${at}`)),
    ).text,
  ],
  parse: input => {
    for (const look of LOOKS) unlessRefused(() => look(openManifest(input)));
    unlessRefused(() => [...manifestDigests(input)]);
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

/** What a reader does with a manifest that it has not checked. */
const LOOKS: readonly ((manifest: Manifest) => unknown)[] = [
  ({ tensors }) => [...tensors],
  ({ skeleton }) => [...skeleton],
  ({ extents }) => [...extents],
  ({ tensor }) => ['a', 'b c\n', 'd', 'z'].map(tensor),
  ({ tensors: { length }, nameAt, positionOf }) =>
    Array.from({ length }, (_, at) => positionOf(nameAt(at), length - at)),
];

function unlessRefused(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (!isMgitError(error)) throw error;
  }
}
