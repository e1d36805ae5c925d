import { MgitError } from '../base/errors.ts';
import type { LongOperation } from '../base/events.ts';
import type { Ports } from '../base/ports/ports.ts';
import { checkImageShape, type ModelConfig, parseModelConfig } from '../train/architectures/model-config.ts';
import { batchFeeds, checkLabels } from '../train/data/batches.ts';
import { itemId, type LabelledImages } from '../train/data/image-set.ts';
import { type ImageSource, loadImages } from '../train/data/load-images.ts';
import { evaluationGraph, weightFeeds } from '../train/model-graph.ts';
import { describeRuntime, type RuntimeDescription } from '../train/runtime/describe-runtime.ts';
import { openExecutor, type RuntimeSettings } from '../train/runtime/executor.ts';
import type { FloatTensors } from '../train/runtime/messages.ts';
import { loadWeights, type Weights } from '../train/weights/load-weights.ts';
import type { ItemOutcome } from './metrics/outcome.ts';
import { computeMetrics } from './metrics/registry.ts';

/** An evaluation of a model file on data. */
export interface EvaluateOptions extends LongOperation {
  readonly ports: Pick<Ports, 'fs' | 'parallelism'>;
  /** Absolute. */
  readonly modelPath: string;
  /** The text of the model's config.json. */
  readonly config: string;
  readonly task: string;
  readonly data: ImageSource;
  /** Default: `cpu` with all threads. */
  readonly runtime?: Partial<RuntimeSettings>;
}

/** What an evaluation found. */
export interface EvaluationResult {
  readonly metrics: Readonly<Record<string, number>>;
  readonly items: readonly ItemOutcome[];
  readonly dataDigest: string;
  readonly runtime: RuntimeDescription;
}

/** Images per run. Fixed, because results may differ in the last bits between batch sizes. */
export const EVALUATION_BATCH = 100;

/** The tasks that mgit evaluates by itself. */
export const TASKS = ['image-classification'] as const;

/**
 * Evaluates a model on labelled images: metrics, and the outcome of every item in the order of the data.
 * Errors: `TASK_UNKNOWN`, and as `trainModel`.
 */
export async function evaluateModel(options: EvaluateOptions): Promise<EvaluationResult> {
  const { ports, task } = options;
  checkTask(task);
  const config = parseModelConfig(options.config);
  const images = await loadImages(ports.fs, options.data);
  checkImageShape(config, images.shape);
  checkLabels(images, config.network.classes);
  const weights = await loadWeights(ports.fs, options.modelPath, config.network.parameters);
  const runtime = { provider: 'cpu' as const, threads: ports.parallelism, ...options.runtime };
  const items = await evaluateItems({ config, images, weights, runtime }, options);
  return {
    metrics: computeMetrics(items),
    items,
    dataDigest: images.digest,
    runtime: describeRuntime(runtime),
  };
}

/** Errors: `TASK_UNKNOWN`. */
export function checkTask(task: string): void {
  if (!TASKS.some(known => known === task))
    throw new MgitError('TASK_UNKNOWN', `unknown task ${JSON.stringify(task)}`, {
      hint: `use ${TASKS.join(', ')}, or evaluate with your own command`,
    });
}

interface Evaluation {
  readonly config: ModelConfig;
  readonly images: LabelledImages;
  readonly weights: Weights;
  readonly runtime: RuntimeSettings;
}

async function evaluateItems(
  evaluation: Evaluation,
  operation: LongOperation,
): Promise<readonly ItemOutcome[]> {
  const { config, images, weights, runtime } = evaluation;
  const { onEvent, signal } = operation;
  const graph = evaluationGraph(config, images.shape, EVALUATION_BATCH);
  await using executor = await openExecutor({ ...runtime, graph, resident: weightFeeds(weights), signal });
  const batch = { batchSize: EVALUATION_BATCH, classes: config.network.classes };
  const items: ItemOutcome[] = [];
  for (let start = 0; start < images.count; start += EVALUATION_BATCH) {
    const length = Math.min(EVALUATION_BATCH, images.count - start);
    const positions = Uint32Array.from({ length }, (_, index) => start + index);
    const outputs = await executor.run(batchFeeds(images, positions, batch));
    for (const [row, position] of positions.entries())
      items.push(
        outcomeOf(outputs, row, { id: itemId(images, position), label: images.labels[position] ?? 0 }),
      );
    onEvent?.({
      type: 'progress',
      phase: 'evaluating',
      done: items.length,
      total: images.count,
      unit: 'items',
    });
  }
  return items;
}

function outcomeOf(
  { logits, losses }: FloatTensors,
  row: number,
  { id, label }: { readonly id: string; readonly label: number },
): ItemOutcome {
  if (logits === undefined || losses === undefined) throw new Error('the evaluation graph has other outputs');
  const classes = logits.shape[1] ?? 0;
  const scores = logits.data.subarray(row * classes, (row + 1) * classes);
  const loss = losses.data[row] ?? Number.NaN;
  if (!Number.isFinite(loss) || scores.some(score => !Number.isFinite(score)))
    throw new MgitError('MODEL_NOT_FINITE', `the model's answer to item ${id} is not a finite number`, {
      hint: 'look for NaN or infinity in its weights with mgit diff --tensor "*"',
    });
  const predicted = scores.indexOf(Math.max(...scores));
  return { id, correct: predicted === label, loss, predicted };
}
