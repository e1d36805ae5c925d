import { MgitError } from '../../base/errors.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import { sameShape } from '../graph/shapes.ts';
import { isCifar, parseCifar } from './cifar.ts';
import { type DataFile, dataDigest, readDataFiles, type Split } from './data-files.ts';
import { corrupt, isIdx, parseIdx } from './idx.ts';
import { type ImageSet, imageDigest, type LabelledImages, pixelsPerImage } from './image-set.ts';

/** Which images to use. */
export interface ImageSource {
  /** Absolute: a folder, or one CIFAR file. */
  readonly path: string;
  readonly split: Split;
  /** Only images of these classes; labels stay as they are. */
  readonly classes?: readonly number[];
  /** None of these, by the digest of their pixels. */
  readonly without?: ReadonlySet<string>;
  /** Only the first so many, after `classes` and `without`. */
  readonly limit?: number;
}

/**
 * Loads labelled images from IDX pairs or CIFAR-10 binary files, told apart by content, gzip or not.
 * Errors: `DATA_MISSING`, `DATA_CORRUPT`, `DATA_UNKNOWN`, `DATA_EMPTY`.
 */
export async function loadImages(fs: FileSystem, source: ImageSource): Promise<LabelledImages> {
  const files = await readDataFiles(fs, source.path, source.split);
  const used = files.filter(({ bytes }) => isIdx(bytes, 3) || isIdx(bytes, 1) || isCifar(bytes));
  const whole = joinSets(imageSets(used, source.path), source.path);
  const selected = select(whole, source);
  if (selected.count === 0)
    throw new MgitError(
      'DATA_EMPTY',
      `nothing is left of ${source.path} (${source.split}) after the selection`,
      {
        hint: 'correct `classes` or `limit` of the data',
      },
    );
  return { ...selected, split: source.split, digest: dataDigest(used) };
}

function imageSets(files: readonly DataFile[], path: string): readonly ImageSet[] {
  const images = files.filter(({ bytes }) => isIdx(bytes, 3));
  const labels = files.filter(({ bytes }) => isIdx(bytes, 1));
  if (images.length !== labels.length)
    throw new MgitError(
      'DATA_UNKNOWN',
      `${path} has ${images.length} IDX image files but ${labels.length} of labels`,
      {
        hint: 'put images and labels beside each other, one file of each per split',
      },
    );
  if (images.length > 0) return images.map((file, index) => idxSet(file, labels[index] as DataFile));
  return files.map(({ bytes, name }) => parseCifar(bytes, name));
}

/** Image and label files sort alike: `t10k-images-idx3-ubyte` beside `t10k-labels-idx1-ubyte`. */
function idxSet(imageFile: DataFile, labelFile: DataFile): ImageSet {
  const images = parseIdx(imageFile.bytes, imageFile.name);
  const labels = parseIdx(labelFile.bytes, labelFile.name);
  const [count = 0, height = 0, width = 0] = images.shape;
  if (labels.shape[0] !== count)
    throw corrupt(labelFile.name, `it has ${labels.shape[0]} labels for ${count} images`);
  return { shape: [1, height, width], count, pixels: images.data, labels: labels.data };
}

function joinSets(sets: readonly ImageSet[], path: string): ImageSet {
  const [first] = sets;
  if (first === undefined)
    throw new MgitError('DATA_UNKNOWN', `${path} holds neither IDX nor CIFAR-10 binary files`, {
      hint: 'give a folder with IDX files (MNIST) or CIFAR-10 binary files, gzip or not',
    });
  if (sets.length === 1) return first;
  if (sets.some(({ shape }) => !sameShape(shape, first.shape)))
    throw new MgitError('DATA_UNKNOWN', `the images in ${path} have different sizes`);
  return {
    shape: first.shape,
    count: sets.reduce((sum, { count }) => sum + count, 0),
    pixels: Buffer.concat(sets.map(({ pixels }) => pixels)),
    labels: Buffer.concat(sets.map(({ labels }) => labels)),
  };
}

function select(
  whole: ImageSet,
  { classes, without, limit }: ImageSource,
): ImageSet & { readonly positions: Uint32Array } {
  const all = Uint32Array.from({ length: whole.count }, (_, index) => index);
  const ofClass = classes ? all.filter(index => classes.includes(whole.labels[index] ?? -1)) : all;
  const wanted = without ? ofClass.filter(index => !without.has(imageDigest(whole, index))) : ofClass;
  const positions = wanted.subarray(0, limit ?? wanted.length);
  if (positions.length === whole.count) return { ...whole, positions };
  const size = pixelsPerImage(whole.shape);
  const pixels = new Uint8Array(positions.length * size);
  positions.forEach((from, to) => {
    pixels.set(whole.pixels.subarray(from * size, (from + 1) * size), to * size);
  });
  const labels = Uint8Array.from(positions, position => whole.labels[position] ?? 0);
  return { shape: whole.shape, count: positions.length, pixels, labels, positions };
}
