import type { LongOperation } from '../../base/events.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import { checkImageShape, type ModelConfig, parseModelConfig } from '../architectures/model-config.ts';
import { checkLabels, shuffledBatches } from '../data/batches.ts';
import type { LabelledImages } from '../data/image-set.ts';
import { type ImageSource, loadImages } from '../data/load-images.ts';
import type { RuntimeSettings } from '../runtime/executor.ts';
import { loadWeights, type Weights } from '../weights/load-weights.ts';

/** A model file and the data that it is measured on. */
export interface MeasureOptions extends LongOperation {
  readonly fs: FileSystem;
  /** Absolute. */
  readonly modelPath: string;
  /** The text of the model's config.json. */
  readonly config: string;
  readonly data: ImageSource;
  /** Images that are drawn from the data at most. */
  readonly examples: number;
  readonly seed: number;
  readonly runtime: RuntimeSettings;
}

/** Numbers by the names of parameters in the file, and the digest of the data's files. */
export interface Measured {
  readonly values: ReadonlyMap<string, Float32Array<ArrayBuffer>>;
  readonly dataDigest: string;
}

/** What is loaded for a measurement. */
export interface LoadedModel {
  readonly config: ModelConfig;
  readonly images: LabelledImages;
  readonly weights: Weights;
}

/** Loads model and images. Errors: `CONFIG_INVALID`, `ARCHITECTURE_UNKNOWN`, `DATA_*`, `TENSOR_*`. */
export async function loadMeasured(options: MeasureOptions): Promise<LoadedModel> {
  const config = parseModelConfig(options.config);
  const images = await loadImages(options.fs, options.data);
  checkImageShape(config, images.shape);
  checkLabels(images, config.network.classes);
  const weights = await loadWeights(options.fs, options.modelPath, config.network.parameters);
  return { config, images, weights };
}

/** Positions of drawn images, in full batches: at least one, and as many as `examples` gives room for. */
export function* drawnBatches(
  images: LabelledImages,
  { examples, seed }: Pick<MeasureOptions, 'examples' | 'seed'>,
  most: number,
): Generator<Uint32Array> {
  const wanted = Math.min(examples, images.count);
  const size = Math.min(most, wanted);
  let left = Math.floor(wanted / size);
  for (const positions of shuffledBatches(images.count, size, seed)) {
    if (left-- === 0) return;
    yield positions;
  }
}
