import { corrupt } from './idx.ts';
import type { ImageSet } from './image-set.ts';

const SHAPE = [3, 32, 32] as const;
const PIXELS = 3 * 32 * 32;
const RECORD = 1 + PIXELS;
const CLASSES = 10;

/** True when the length is that of whole CIFAR-10 records; the format has no magic number. */
export function isCifar(bytes: Uint8Array): boolean {
  return bytes.length > 0 && bytes.length % RECORD === 0;
}

/**
 * Reads a file of the CIFAR-10 binary version: records of one label and 3072 pixels, red, green, blue, row by row.
 * Errors: `DATA_CORRUPT`. Source: https://www.cs.toronto.edu/~kriz/cifar.html.
 */
export function parseCifar(bytes: Uint8Array, name: string): ImageSet {
  if (!isCifar(bytes)) throw corrupt(name, `its length ${bytes.length} is not a multiple of ${RECORD}`);
  const count = bytes.length / RECORD;
  const labels = new Uint8Array(count);
  const pixels = new Uint8Array(count * PIXELS);
  for (let index = 0; index < count; index++) {
    const label = bytes[index * RECORD] ?? 0;
    if (label >= CLASSES) throw corrupt(name, `record ${index} has the label ${label}; labels go to 9`);
    labels[index] = label;
    pixels.set(bytes.subarray(index * RECORD + 1, (index + 1) * RECORD), index * PIXELS);
  }
  return { shape: SHAPE, count, pixels, labels };
}
