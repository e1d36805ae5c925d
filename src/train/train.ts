import { MgitError } from '../base/errors.ts';
import type { LongOperation, OnEvent } from '../base/events.ts';
import type { Ports } from '../base/ports/ports.ts';
import { checkImageShape, type ModelConfig, parseModelConfig } from './architectures/model-config.ts';
import { batchFeeds, checkLabels, shuffledBatches } from './data/batches.ts';
import type { LabelledImages } from './data/image-set.ts';
import { loadImages } from './data/load-images.ts';
import { freezeParameters } from './freeze.ts';
import { weightFeeds, weightInput } from './model-graph.ts';
import { learningRateAt } from './optimizers/learning-rate.ts';
import { chooseOptimizer, type OptimizerChoice } from './recipe/optimizer-choice.ts';
import { DEFAULT_SEED, type EmbeddedRecipe } from './recipe/recipe.ts';
import { resolvePath } from './recipe/resolve-path.ts';
import { describeRuntime, type RuntimeDescription } from './runtime/describe-runtime.ts';
import { type GraphExecutor, openExecutor, type RuntimeSettings } from './runtime/executor.ts';
import type { FloatTensors } from './runtime/messages.ts';
import { buildTrainingGraph } from './training-graph.ts';
import { loadWeights, type Weights } from './weights/load-weights.ts';
import { saveWeights } from './weights/save-weights.ts';

/** A training run on files. */
export interface TrainOptions extends LongOperation {
  readonly ports: Pick<Ports, 'fs' | 'parallelism'>;
  /** Absolute: where the weights are read, and where a file like it is written with the new ones; may be the same. */
  readonly modelPath: string;
  readonly outputPath: string;
  /** The text of the model's config.json. */
  readonly config: string;
  readonly recipe: EmbeddedRecipe;
  /** Absolute: what relative data paths are relative to. */
  readonly root: string;
  /** Default: the recipe's. */
  readonly seed?: number;
  /** Default: the recipe's steps or epochs. */
  readonly steps?: number;
}

/** How a run went. */
export interface TrainResult {
  readonly steps: number;
  readonly seed: number;
  /** `loss`: mean over the last steps (at most 20); `initial_loss`: of the first step. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly dataDigest: string;
  /** Images that were trained on. */
  readonly items: number;
  readonly runtime: RuntimeDescription;
}

/** Losses that the reported one is the mean of. */
const LAST_LOSSES = 20;

/**
 * Trains a model and writes the result. The same inputs give the same bytes, whatever the number of threads, on one build of ONNX
 * Runtime and one CPU family. Errors: `CONFIG_INVALID`, `ARCHITECTURE_UNKNOWN`, `FREEZE_*`, `TENSOR_*`, `DATA_*`,
 * `GRADIENT_UNSUPPORTED`, `PROVIDER_MISSING`, `RUNTIME_FAILED`, `TRAINING_DIVERGED`.
 */
export async function trainModel(options: TrainOptions): Promise<TrainResult> {
  const { ports, recipe, modelPath, outputPath, root } = options;
  const config = freezeParameters(parseModelConfig(options.config, recipe.model.config), recipe.freeze ?? []);
  const source = { split: 'train' as const, ...recipe.data, path: resolvePath(root, recipe.data.path) };
  const images = await loadImages(ports.fs, source);
  checkImageShape(config, images.shape);
  checkLabels(images, config.network.classes);
  const weights = await loadWeights(ports.fs, modelPath, config.network.parameters);
  const run = planRun(options, config, images);
  const losses = await runSteps(run, weights, async executor => {
    const trained = await readTrained(executor, config);
    const changed = config.network.parameters.filter(({ trainable }) => trainable);
    await saveWeights(ports.fs, { modelPath, outputPath, changed, weights: trained });
  });
  return {
    steps: run.steps,
    seed: run.seed,
    metrics: lossMetrics(losses),
    dataDigest: images.digest,
    items: images.count,
    runtime: describeRuntime(run.runtime),
  };
}

interface RunPlan {
  readonly config: ModelConfig;
  readonly images: LabelledImages;
  readonly batchSize: number;
  readonly steps: number;
  readonly seed: number;
  readonly choice: OptimizerChoice;
  readonly runtime: RuntimeSettings;
  readonly onEvent: OnEvent | undefined;
  readonly signal: AbortSignal | undefined;
}

function planRun(options: TrainOptions, config: ModelConfig, images: LabelledImages): RunPlan {
  const { recipe, ports } = options;
  const perEpoch = images.count / recipe.batch_size;
  return {
    config,
    images,
    batchSize: recipe.batch_size,
    steps: options.steps ?? recipe.steps ?? Math.ceil((recipe.epochs ?? 1) * perEpoch),
    seed: options.seed ?? recipe.seed ?? DEFAULT_SEED,
    choice: chooseOptimizer(recipe.optimizer),
    runtime: { provider: recipe.provider ?? 'cpu', threads: recipe.threads ?? ports.parallelism },
    onEvent: options.onEvent,
    signal: options.signal,
  };
}

/** Runs all steps, then `finish` while the weights are still in the worker; returns the loss of each step. */
async function runSteps(
  run: RunPlan,
  weights: Weights,
  finish: (executor: GraphExecutor) => Promise<void>,
): Promise<readonly number[]> {
  const { choice, images, signal, steps } = run;
  const training = buildTrainingGraph({ ...run, ...choice, shape: images.shape });
  const { graph, carry } = training;
  const resident = { ...weightFeeds(weights), ...training.initialState };
  await using executor = await openExecutor({ ...run.runtime, graph, resident, carry, signal });
  const scalars = choice.optimizer.schedule(choice.settings);
  const losses: number[] = [];
  for (const positions of shuffledBatches(images.count, run.batchSize, run.seed)) {
    const rate = learningRateAt(losses.length, steps, choice);
    const batch = { batchSize: run.batchSize, classes: run.config.network.classes };
    const feeds = { ...batchFeeds(images, positions, batch), ...scalarFeeds(scalars(rate)) };
    losses.push(checkedLoss(await executor.run(feeds), losses.length));
    run.onEvent?.({ type: 'progress', phase: 'training', done: losses.length, total: steps, unit: 'steps' });
    if (losses.length === steps) break;
  }
  await finish(executor);
  return losses;
}

function scalarFeeds(scalars: Readonly<Record<string, number>>): FloatTensors {
  const tensor = (value: number): FloatTensors[string] => ({ shape: [], data: Float32Array.of(value) });
  return Object.fromEntries(
    Object.entries(scalars).map(([name, value]) => [`scalar:${name}`, tensor(value)]),
  );
}

function checkedLoss(outputs: FloatTensors, step: number): number {
  const loss = outputs.loss?.data[0] ?? Number.NaN;
  if (!Number.isFinite(loss))
    throw new MgitError('TRAINING_DIVERGED', `the loss of step ${step + 1} is not a finite number`, {
      hint: 'lower optimizer.learning_rate in the recipe',
    });
  return loss;
}

async function readTrained(executor: GraphExecutor, { network }: ModelConfig): Promise<Weights> {
  const names = network.parameters.filter(({ trainable }) => trainable).map(({ name }) => name);
  const tensors = await executor.read(names.map(weightInput));
  return new Map(
    names.flatMap(name => {
      const tensor = tensors[weightInput(name)];
      return tensor ? [[name, tensor] as const] : [];
    }),
  );
}

function lossMetrics(losses: readonly number[]): Readonly<Record<string, number>> {
  const last = losses.slice(-LAST_LOSSES);
  const mean = last.reduce((sum, loss) => sum + loss, 0) / last.length;
  return { loss: mean, initial_loss: losses[0] ?? Number.NaN };
}
