import { viewSpan } from '../../tensor/view-span.ts';
import type { CheckpointFormat } from '../checkpoint.ts';
import { coverFile } from '../cover-file.ts';
import { looksLikeNpy, npyInvalid, readNpyHeader, viewOfArray } from './npy-header.ts';

/** What NumPy calls an array that nobody named. */
const NAME = 'arr_0';

/** One NumPy array in a file of its own. Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html. */
export const npy: CheckpointFormat = {
  name: 'npy',
  detect: looksLikeNpy,
  parse: async source => {
    const header = await readNpyHeader(source, { offset: 0, length: source.size });
    const view = viewOfArray(NAME, header, header.dataOffset);
    if (view && header.dataOffset + viewSpan(view) !== source.size)
      throw npyInvalid('its data is not as long as its shape says');
    const tensors = view ? [view] : [];
    return { format: 'npy', size: source.size, extents: coverFile(source.size, tensors), tensors };
  },
};
