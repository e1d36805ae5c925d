import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { drawDigit, SIDE } from './draw.ts';
import { Random } from './random.ts';

/** Draws `count` digits in turn and returns them as the two files of the IDX format. Source: the MNIST page's description of IDX. */
function idxFiles(count: number, seed: number): { images: Uint8Array; labels: Uint8Array } {
  const random = new Random(seed);
  const images = Buffer.alloc(16 + count * SIDE * SIDE);
  const labels = Buffer.alloc(8 + count);
  for (const [index, value] of [0x803, count, SIDE, SIDE].entries()) images.writeUInt32BE(value, 4 * index);
  for (const [index, value] of [0x801, count].entries()) labels.writeUInt32BE(value, 4 * index);
  for (let index = 0; index < count; index++) {
    const digit = index % 10;
    labels[8 + index] = digit;
    images.set(drawDigit(digit, random), 16 + index * SIDE * SIDE);
  }
  return { images, labels };
}

/** Writes a folder in MNIST's own layout: training and test images and labels, gzipped. */
export function generateDigits(
  folder: string,
  sizes: { readonly train: number; readonly test: number },
): void {
  mkdirSync(folder, { recursive: true });
  const sets = [
    { prefix: 'train', count: sizes.train, seed: 1 },
    { prefix: 't10k', count: sizes.test, seed: 2 },
  ];
  for (const { prefix, count, seed } of sets) {
    const { images, labels } = idxFiles(count, seed);
    writeFileSync(join(folder, `${prefix}-images-idx3-ubyte.gz`), gzipSync(images, { level: 1 }));
    writeFileSync(join(folder, `${prefix}-labels-idx1-ubyte.gz`), gzipSync(labels, { level: 1 }));
  }
}
