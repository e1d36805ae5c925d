import { MgitError } from '../../base/errors.ts';
import { createRandom } from '../../base/random.ts';
import type { FloatTensors } from '../runtime/messages.ts';
import { itemId, type LabelledImages, pixelsPerImage } from './image-set.ts';

/**
 * Positions of the images of one batch after another, for ever: each epoch is a new shuffle by the seed, and a batch that
 * does not fit into an epoch continues in the next, so that all batches are full.
 */
export function* shuffledBatches(count: number, batchSize: number, seed: number): Generator<Uint32Array> {
  const random = createRandom(seed, 'order of training images');
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  let next = count;
  for (;;) {
    const batch = new Uint32Array(batchSize);
    for (let index = 0; index < batchSize; index++) {
      if (next === count) {
        random.shuffle(order);
        next = 0;
      }
      batch[index] = order[next] ?? 0;
      next++;
    }
    yield batch;
  }
}

/**
 * The inputs `images` [N, C, H, W] in 0..255 and `labels` [N, classes] one-hot of a batch. Rows beyond the given positions are zero.
 */
export function batchFeeds(
  images: LabelledImages,
  positions: Uint32Array,
  { batchSize, classes }: { readonly batchSize: number; readonly classes: number },
): FloatTensors {
  const size = pixelsPerImage(images.shape);
  const pixels = new Float32Array(batchSize * size);
  const labels = new Float32Array(batchSize * classes);
  positions.forEach((position, row) => {
    const source = images.pixels.subarray(position * size, (position + 1) * size);
    pixels.set(source, row * size);
    labels[row * classes + (images.labels[position] ?? 0)] = 1;
  });
  return {
    images: { shape: [batchSize, ...images.shape], data: pixels },
    labels: { shape: [batchSize, classes], data: labels },
  };
}

/** Checks that every label is one of the network's classes. Errors: `DATA_LABEL`, which names the item. */
export function checkLabels(images: LabelledImages, classes: number): void {
  const wrong = images.labels.findIndex(label => label >= classes);
  if (wrong >= 0)
    throw new MgitError(
      'DATA_LABEL',
      `item ${itemId(images, wrong)} has the label ${images.labels[wrong]}, the network ${classes} classes`,
      { hint: 'correct the number of classes in the config, or select `classes` of the data' },
    );
}
