import { createHash } from 'node:crypto';
import type { ImageShape } from '../architectures/architecture.ts';

/** Labelled images of one kind, in the order of their files. */
export interface ImageSet {
  readonly shape: ImageShape;
  readonly count: number;
  /** `count` images after one another, channel by channel, row by row, 0 to 255. */
  readonly pixels: Uint8Array;
  /** One class per image. */
  readonly labels: Uint8Array;
}

/** A selection of a set. */
export interface LabelledImages extends ImageSet {
  /** Positions in the whole split of the images that are used; the ids of items are made of them. */
  readonly positions: Uint32Array;
  readonly split: string;
  /** `sha256:<hex>` of the whole split's files, decompressed, whatever is selected of them. */
  readonly digest: string;
}

/** Pixels of one image. */
export function pixelsPerImage([channels, height, width]: ImageShape): number {
  return channels * height * width;
}

/** The name of an item, the same whatever the selection: `test/17`. */
export function itemId(images: LabelledImages, index: number): string {
  return `${images.split}/${images.positions[index]}`;
}

/** SHA-256 of an image's pixels, in hexadecimal: equal images have the same, whatever set and label they have. */
export function imageDigest({ pixels, shape }: ImageSet, index: number): string {
  const size = pixelsPerImage(shape);
  return createHash('sha256')
    .update(pixels.subarray(index * size, (index + 1) * size))
    .digest('hex');
}
