import { isMgitError } from '../../base/errors.ts';
import type { ByteSource, CheckpointFormat, TensorView } from '../checkpoint.ts';
import { coverFile } from '../cover-file.ts';
import { arrayOf } from '../numpy/pickled-array.ts';
import { findNamed } from './find-named.ts';
import { parsePickle, readPickleAt } from './read-pickle.ts';

/** Protocols 0 and 1 have no signature: only files up to this size are tried. */
const MOST_TEXT_BYTES = 16 * 1024 * 1024;
const PROTOCOL = 0x80;
const IDENTIFIER = /^[A-Za-z_][\w.]*$/;

/** A Python pickle, alone or several one after the other; its NumPy arrays are tensors. */
export const pickle: CheckpointFormat = {
  name: 'pickle',
  detect: async (head, source) => (head[0] === PROTOCOL ? (head[1] ?? 9) <= 5 : isTextPickle(source)),
  parse: async source => {
    const tensors = await arraysOf(source);
    return { format: 'pickle', size: source.size, extents: coverFile(source.size, tensors), tensors };
  },
};

/** A pickle without a signature: one that ends with the file, or that has named something before it broke off. */
async function isTextPickle(source: ByteSource): Promise<boolean> {
  if (source.size > MOST_TEXT_BYTES) return false;
  let isNaming = false;
  const onGlobal = (module: string, name: string): void => {
    if (IDENTIFIER.test(module) && IDENTIFIER.test(name)) isNaming = true;
  };
  try {
    return parsePickle(await source.read(0, source.size), { onGlobal }).end === source.size || isNaming;
  } catch (error) {
    if (isMgitError(error)) return isNaming;
    throw error;
  }
}

/** What follows the first pickle is read as far as it is pickles: whoever hides something there is found too. */
async function arraysOf(source: ByteSource): Promise<readonly TensorView[]> {
  const first = await readPickleAt(source, 0);
  for (let at = first.end; at < source.size; ) {
    const next = await readPickleAt(source, at).catch((error: unknown) => {
      if (isMgitError(error, 'PICKLE_INVALID', 'PICKLE_TRUNCATED')) return undefined;
      throw error;
    });
    if (!next) break;
    at = next.end;
  }
  return findNamed(first.value, arrayOf).map(({ name, found }) => ({ ...found, name }));
}
