import type { PackId } from '../../../../src/base/ids.ts';
import { readLfsPointer, refusePointer } from '../../../../src/formats/pointer-file.ts';
import { formatPointer, parsePointer } from '../../../../src/remote/pointer.ts';
import { digestOf } from '../../layouts.ts';
import type { FuzzTarget } from '../target.ts';

/** Pointers of Git LFS and git-annex. */
export default {
  seeds: () => [
    Buffer.from(formatPointer({ oid: digestOf('x'), size: 12 })),
    Buffer.from('/annex/objects/SHA256E-s12--00.bin\n'),
  ],
  parse: input => {
    if (readLfsPointer(input) === undefined) refusePointer(input, input.length);
    return parsePointer('0'.repeat(64) as PackId, Buffer.from(input).toString('utf8'));
  },
  words: ['ext-0-a sha256:', 'https://hawser.github.com/spec/v1', 'http://git-media.io/v/2'],
} satisfies FuzzTarget;
