import { pytorchTar } from '../../../../src/formats/pytorch/tar.ts';
import { parseCheckpoint } from '../parse-checkpoint.ts';
import type { FuzzTarget } from '../target.ts';

const BLOCK = 512;
const CHECKSUM = { at: 148, length: 8 };

/** What `torch.save` wrote before 0.1.10. */
export default {
  seeds: () => [],
  parse: input => parseCheckpoint(pytorchTar, input),
  reseal,
  words: ['sys_info\0', 'storages\0', 'tensors\0', 'pickle\0', 'ustar', '00000001000\0'],
} satisfies FuzzTarget;

/** The sum of each header's bytes, its own field counted as spaces. */
function reseal(input: Uint8Array): Uint8Array {
  const archive = Buffer.from(input);
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const header = archive.subarray(at, at + BLOCK);
    header.fill(' ', CHECKSUM.at, CHECKSUM.at + CHECKSUM.length);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, CHECKSUM.at, 'latin1');
    const length = Number.parseInt(header.toString('latin1', 124, 135), 8);
    at += BLOCK + Math.ceil((length > 0 ? length : 0) / BLOCK) * BLOCK;
  }
  return archive;
}
