import { viewSpan } from '../../tensor/view-span.ts';
import type { ByteSource, CheckpointFormat, EncodedTensor, TensorView } from '../checkpoint.ts';
import { coverFile } from '../cover-file.ts';
import { looksLikeZip, readArchive, type ZipFile } from '../zip/read-archive.ts';
import { compressedArray } from './compressed-array.ts';
import { npyInvalid, readNpyHeader, viewOfArray } from './npy-header.ts';

const SUFFIX = '.npy';

/**
 * Arrays in a zip archive, as `numpy.savez` writes them. What `savez_compressed` has compressed stays as the file holds it, since no
 * deflate gives another's bytes again: its arrays are no part of the layout, but can be read.
 */
export const npz: CheckpointFormat = {
  name: 'npz',
  detect: async (head, source) =>
    looksLikeZip(head) && [...(await readArchive(source)).keys()].some(name => name.endsWith(SUFFIX)),
  parse: async source => {
    const tensors: TensorView[] = [];
    for (const file of (await readArchive(source)).values()) {
      const view = await arrayOf(source, file);
      if (view) tensors.push(view);
    }
    return { format: 'npz', size: source.size, extents: coverFile(source.size, tensors), tensors };
  },
  encoded: async source => {
    const found: EncodedTensor[] = [];
    for (const file of (await readArchive(source)).values()) {
      if (file.isStored || !file.name.endsWith(SUFFIX)) continue;
      const array = await compressedArray(file.name.slice(0, -SUFFIX.length), source, file);
      if (array) found.push(array);
    }
    return found;
  },
};

async function arrayOf(source: ByteSource, file: ZipFile): Promise<TensorView | undefined> {
  if (!file.isStored || !file.name.endsWith(SUFFIX)) return undefined;
  const header = await readNpyHeader(source, file);
  const name = file.name.slice(0, -SUFFIX.length);
  const view = viewOfArray(name, header, file.offset + header.dataOffset);
  if (view && header.dataOffset + viewSpan(view) !== file.length)
    throw npyInvalid(`${JSON.stringify(name)} is not as long as its shape says`);
  return view;
}
