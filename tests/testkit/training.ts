import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRandom } from '../../src/base/random.ts';

/** An IDX file of unsigned bytes. */
export function idxFile(shape: readonly number[], data: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, 8, shape.length]);
  for (const [axis, size] of shape.entries()) header.writeUInt32BE(size, 4 + 4 * axis);
  return Buffer.concat([header, data]);
}

/** Images of 6 x 6 pixels in 4 classes: a bright quarter in noise. Learnable, but no network is right about all of them. */
export function quarters(count: number, seed: number): { readonly images: Buffer; readonly labels: Buffer } {
  const random = createRandom(seed, 'quarters');
  const labels = Uint8Array.from({ length: count }, () => random.below(4));
  const pixels = new Uint8Array(count * 36);
  for (const [index, label] of labels.entries())
    for (let pixel = 0; pixel < 36; pixel++) {
      const [row, column] = [Math.floor(pixel / 6), pixel % 6];
      const quarter = (row < 3 ? 0 : 2) + (column < 3 ? 0 : 1);
      pixels[index * 36 + pixel] = random.below(190) + (quarter === label ? 65 : 0);
    }
  return { images: idxFile([count, 6, 6], pixels), labels: idxFile([count], labels) };
}

/** Writes training and test images in MNIST's layout. */
export function writeQuarters(
  folder: string,
  counts: { readonly train: number; readonly test: number },
): void {
  mkdirSync(folder, { recursive: true });
  for (const [split, name, seed] of [
    ['train', 'train', 1],
    ['test', 't10k', 2],
  ] as const) {
    const { images, labels } = quarters(counts[split], seed);
    writeFileSync(join(folder, `${name}-images-idx3-ubyte`), images);
    writeFileSync(join(folder, `${name}-labels-idx1-ubyte`), labels);
  }
}

/** The config of a small network for {@link quarters}. */
export const QUARTERS_CONFIG = JSON.stringify({
  architecture: 'mlp',
  layers: [36, 16, 4],
  input: { mean: [0.5], std: [0.25] },
});

/** A recipe for {@link quarters}, as YAML. */
export function quartersRecipe(data: string, more = ''): string {
  return `version: 1
model: { path: model.safetensors, config: config.json }
task: image-classification
init: random
data: { path: ${data} }
optimizer: { name: sgd, learning_rate: 0.1, momentum: 0.9 }
batch_size: 16
steps: 120
seed: 5
${more}`;
}
