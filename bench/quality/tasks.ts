import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeFileSystem } from '../../src/base/ports/node-file-system.ts';
import { createRandom } from '../../src/base/random.ts';
import { loadImages } from '../../src/train/data/load-images.ts';

/** A task: five classes (cifar-grey: ten) of the thirty that every model tells apart. */
export interface Task {
  readonly name: string;
  /** Folders of IDX files: to train on, to choose parameters by, to report. No image is in two of them. */
  readonly train: string;
  readonly development: string;
  readonly test: string;
}

/** All tasks, and what models are trained on that are to do all of them. */
export interface Tasks {
  readonly tasks: readonly Task[];
  /** A few images of each task. */
  readonly pretraining: string;
  /** The training images of all tasks. */
  readonly everything: string;
}

/** Pixels of one side, in all tasks. */
const SIDE = 28;
const DEVELOPMENT_IMAGES = 800;
const TRAIN_IMAGES = 3200;
const PRETRAINING_IMAGES = 400;
const NOTMNIST_TEST_IMAGES = 2000;

interface Images {
  /** Of each image, SIDE x SIDE. */
  readonly pixels: readonly Uint8Array[];
  readonly labels: readonly number[];
}

/** Writes the tasks below a folder: MNIST and notMNIST in halves of their classes, and CIFAR-10 in grey. `data` has the three data sets. */
export async function writeTasks(data: string, folder: string): Promise<Tasks> {
  const mnist = await read(join(data, 'mnist'), 'train', 0);
  const mnistTest = await read(join(data, 'mnist'), 'test', 0);
  const letters = shuffled(await read(join(data, 'notmnist'), 'test', 10));
  const lettersTest = part(letters, 0, NOTMNIST_TEST_IMAGES);
  const lettersRest = part(letters, NOTMNIST_TEST_IMAGES);
  const cifar = await read(join(data, 'cifar10'), 'train', 20);
  const cifarTest = await read(join(data, 'cifar10'), 'test', 20);
  const everything = join(folder, 'everything');
  const pretraining = join(folder, 'pretraining');
  const write = (name: string, [from, to]: readonly [number, number], all: Images, test: Images): Task => {
    const images = withLabels(all, from, to);
    writeSet(everything, `train-${name}`, trainingPart(images));
    writeSet(pretraining, `train-${name}`, part(trainingPart(images), 0, PRETRAINING_IMAGES));
    return writeTask(join(folder, name), { name, images, test: withLabels(test, from, to) });
  };
  const tasks = [
    write('digits-0-4', [0, 5], mnist, mnistTest),
    write('digits-5-9', [5, 10], mnist, mnistTest),
    write('letters-a-e', [10, 15], lettersRest, lettersTest),
    write('letters-f-j', [15, 20], lettersRest, lettersTest),
    write('cifar-grey', [20, 30], cifar, cifarTest),
  ];
  return { tasks, pretraining, everything };
}

/** Reads a data set; labels are counted from `first`. Images of 32 x 32 in colour are cropped and made grey. */
async function read(path: string, split: 'train' | 'test', first: number): Promise<Images> {
  const { pixels, labels, shape, count } = await loadImages(nodeFileSystem(), { path, split });
  const [channels, height, width] = shape;
  const size = channels * height * width;
  const margin = (height - SIDE) / 2;
  const grey = (image: Uint8Array): Uint8Array =>
    Uint8Array.from({ length: SIDE * SIDE }, (_, at) => {
      const place = (Math.floor(at / SIDE) + margin) * width + (at % SIDE) + margin;
      let sum = 0;
      for (let channel = 0; channel < channels; channel++)
        sum += image[channel * height * width + place] ?? 0;
      return Math.round(sum / channels);
    });
  return {
    pixels: Array.from({ length: count }, (_, at) => grey(pixels.subarray(at * size, (at + 1) * size))),
    labels: Array.from(labels, label => first + label),
  };
}

/** In an order that is always the same. */
function shuffled({ pixels, labels }: Images): Images {
  const random = createRandom(1, 'order of notMNIST');
  const order = pixels.map((_, at) => at);
  for (let at = order.length - 1; at > 0; at--) {
    const other = random.below(at + 1);
    [order[at], order[other]] = [order[other] as number, order[at] as number];
  }
  return { pixels: order.map(at => pixels[at] as Uint8Array), labels: order.map(at => labels[at] as number) };
}

function part({ pixels, labels }: Images, from: number, to?: number): Images {
  return { pixels: pixels.slice(from, to), labels: labels.slice(from, to) };
}

function withLabels({ pixels, labels }: Images, from: number, to: number): Images {
  const chosen = labels
    .map((label, at) => [label, at] as const)
    .filter(([label]) => label >= from && label < to);
  return { pixels: chosen.map(([, at]) => pixels[at] as Uint8Array), labels: chosen.map(([label]) => label) };
}

function writeTask(
  folder: string,
  { name, images, test }: { readonly name: string; readonly images: Images; readonly test: Images },
): Task {
  const task = {
    name,
    train: join(folder, 'train'),
    development: join(folder, 'development'),
    test: join(folder, 'test'),
  };
  writeSet(task.development, `t10k-${name}`, part(images, 0, DEVELOPMENT_IMAGES));
  writeSet(task.train, `train-${name}`, trainingPart(images));
  writeSet(task.test, `t10k-${name}`, test);
  return task;
}

function trainingPart(images: Images): Images {
  return part(images, DEVELOPMENT_IMAGES, DEVELOPMENT_IMAGES + TRAIN_IMAGES);
}

/** An IDX file of images beside one of labels. */
function writeSet(folder: string, name: string, { pixels, labels }: Images): void {
  mkdirSync(folder, { recursive: true });
  const head = (...numbers: number[]): Buffer => {
    const bytes = Buffer.alloc(4 * numbers.length);
    for (const [at, number] of numbers.entries()) bytes.writeUInt32BE(number, 4 * at);
    return bytes;
  };
  const count = labels.length;
  writeFileSync(
    join(folder, `${name}-images-idx3-ubyte`),
    Buffer.concat([head(0x803, count, SIDE, SIDE), ...pixels]),
  );
  writeFileSync(
    join(folder, `${name}-labels-idx1-ubyte`),
    Buffer.concat([head(0x801, count), Buffer.from(labels)]),
  );
}
