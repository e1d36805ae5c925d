import { byteLength } from '../../tensor/dtype.ts';
import type { CheckpointFormat } from '../checkpoint.ts';
import { coverFile } from '../cover-file.ts';
import { parseGrowing } from '../growing-window.ts';
import { ggufInvalid } from './cursor.ts';
import { parseGgufHeader } from './header.ts';

/** Bytes of a header: vocabularies are in it, and may be large. */
const MOST_HEADER_BYTES = 256 * 1024 * 1024;

/** GGUF, versions 2 and 3, of both byte orders; quantised blocks stay as they are. */
export const gguf: CheckpointFormat = {
  name: 'gguf',
  isToldBySkeleton: true,
  detect: head => Buffer.from(head.subarray(0, 4)).toString('latin1') === 'GGUF',
  parse: async source => {
    const window = { offset: 0, most: MOST_HEADER_BYTES, truncated: 'GGUF_TRUNCATED' };
    const { tensors: described, dataOffset, byteOrder } = await parseGrowing(source, window, parseGgufHeader);
    const tensors = described.map(({ offset, ...tensor }) => {
      const end = dataOffset + offset + byteLength(tensor.dtype, tensor.shape);
      if (end > source.size)
        throw ggufInvalid(`tensor ${JSON.stringify(tensor.name)} ends at ${end}, behind the end of the file`);
      return { ...tensor, offset: dataOffset + offset, byteOrder };
    });
    return { format: 'gguf', size: source.size, extents: coverFile(source.size, tensors), tensors };
  },
};
