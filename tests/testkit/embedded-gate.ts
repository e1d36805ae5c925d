import { gzipSync } from 'node:zlib';
import { safetensorsFile } from './safetensors-file.ts';

/** Sides of the tiny images that the embedded gate is tested on. */
const SIDE = 2;
const PIXELS = SIDE * SIDE;

/** An IDX file of bytes. */
function idx(shape: readonly number[], data: Uint8Array): Uint8Array {
  const head = Buffer.alloc(4 + 4 * shape.length);
  head.set([0, 0, 8, shape.length]);
  for (const [axis, side] of shape.entries()) head.writeUInt32BE(side, 4 + 4 * axis);
  return gzipSync(Buffer.concat([head, data]));
}

/** Images of two classes: the first pixel is bright in class 1; every seventh image is drawn the wrong way round. */
export function tinyImages(count: number): Readonly<Record<string, Uint8Array>> {
  const pixels = new Uint8Array(count * PIXELS);
  const labels = new Uint8Array(count);
  for (let index = 0; index < count; index++) {
    const label = index % 2;
    const isOdd = index % 7 === 0;
    labels[index] = label;
    pixels[index * PIXELS] = (label === 1) !== isOdd ? 200 + (index % 50) : index % 50;
    pixels[index * PIXELS + 1] = (index * 37) % 256;
  }
  return {
    images: idx([count, SIDE, SIDE], pixels),
    labels: idx([count], labels),
  };
}

/** A linear classifier: `confidence` scales the weight of the first pixel; negative is wrong on purpose. */
export function tinyModel(confidence: number): Uint8Array {
  const weight = Float32Array.of(-confidence, 0, 0, 0, confidence, 0, 0, 0);
  const bias = Float32Array.of(confidence / 2, -confidence / 2);
  return safetensorsFile([
    { name: 'fc1.bias', dtype: 'F32', shape: [2], data: new Uint8Array(bias.buffer) },
    { name: 'fc1.weight', dtype: 'F32', shape: [2, PIXELS], data: new Uint8Array(weight.buffer) },
  ]);
}

/** The files of a repository whose gate trains and evaluates by itself. */
export function embeddedFiles(): Readonly<Record<string, string | Uint8Array>> {
  const [train, test] = [tinyImages(120), tinyImages(600)];
  return {
    'config.json': JSON.stringify({ architecture: 'mlp', layers: [PIXELS, 2], activation: 'relu' }),
    'recipes/probe.yaml': `version: 1
model: { path: model.safetensors, config: config.json }
task: image-classification
data: { path: data, split: train }
optimizer: { name: sgd, learning_rate: 0.1 }
batch_size: 30
steps: 4
`,
    'data/train-images-idx3-ubyte.gz': train.images ?? '',
    'data/train-labels-idx1-ubyte.gz': train.labels ?? '',
    'data/t10k-images-idx3-ubyte.gz': test.images ?? '',
    'data/t10k-labels-idx1-ubyte.gz': test.labels ?? '',
    'model.safetensors': tinyModel(-1),
  };
}

/** A policy with an embedded gate in the given mode of fine-tuning. */
export function embeddedPolicy(finetune: string, accept: string): string {
  return `version: 1
models:
  - path: model.safetensors
    graph: { architecture: mlp, config: config.json }
gates:
  - name: tiny
    finetune: { ${finetune} }
    eval: { task: image-classification, data: data, metrics: [accuracy, loss] }
    accept:
      - { metric: accuracy, against: base, improve: true }
${accept}
protect:
  main: { gates: [tiny] }
`;
}
