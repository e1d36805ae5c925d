import { MgitError } from '../../base/errors.ts';
import { gradients } from '../autodiff/gradients.ts';
import { batchFeeds, shuffledBatches } from '../data/batches.ts';
import { softmaxEntropy } from '../graph/emit/cross-entropy.ts';
import { reduceMean } from '../graph/emit/reduce.ts';
import type { Graph } from '../graph/value.ts';
import { buildModelGraph, weightInput } from '../model-graph.ts';
import { openExecutor } from '../runtime/executor.ts';
import type { FloatTensors } from '../runtime/messages.ts';
import type { Weights } from '../weights/load-weights.ts';
import { type LoadedModel, loadMeasured, type MeasureOptions } from './measured-model.ts';

/** Where the coefficients begin, and Adam's step and decays. Source: Yang et al. 2023, section 5.1 and their code. */
const [START, RATE, DECAYS, EPSILON] = [0.3, 1e-3, [0.9, 0.999], 1e-8] as const;
const BATCH = 16;
/** Batches of each task on which the entropy is told, the same before and after. */
const TOLD_BATCHES = 16;

/** Fine-tunings of one base, each with data of its task; labels are not looked at. */
export interface CoefficientOptions {
  readonly base: MeasureOptions;
  readonly models: readonly MeasureOptions[];
  /** Tensors that get coefficients; the others stay the base's while these are searched. */
  readonly tensors: readonly string[];
  readonly steps: number;
  readonly rate?: number;
}

/** For each tensor the coefficient of each model's change, and the digests of the models' data. */
export interface Coefficients {
  readonly values: ReadonlyMap<string, readonly number[]>;
  readonly dataDigests: readonly string[];
  /** Mean entropy of the answers to the same images before and after, in nats. */
  readonly entropy: { readonly before: number; readonly after: number };
}

/**
 * Layer-wise coefficients of task vectors, such that the merged model is as sure as it can be of its answers to each task's images: the mean
 * entropy is minimised by Adam. Source: Yang et al. 2023, AdaMerging, https://arxiv.org/abs/2310.02575. Errors: as training; `TRAINING_DIVERGED`.
 */
export async function solveCoefficients(options: CoefficientOptions): Promise<Coefficients> {
  const base = await loadMeasured(options.base);
  const models = await Promise.all(options.models.map(loadMeasured));
  const search = searchOf(base, models, options);
  const { runtime, signal, onEvent } = options.base;
  const graph = entropyGraph(base, search.names);
  await using executor = await openExecutor({ ...runtime, graph, resident: {}, signal });
  const batches = () => models.map(({ images }) => shuffledBatches(images.count, BATCH, options.base.seed));
  /** The entropy of each task's next batch, and what its gradients add to those of the coefficients. */
  const look = async (draws: ReturnType<typeof batches>) => {
    const totals = search.begin();
    let entropy = 0;
    for (const [task, model] of models.entries()) {
      const positions = draws[task]?.next().value ?? new Uint32Array();
      const { classes } = base.config.network;
      const feeds = batchFeeds(model.images, positions, { batchSize: BATCH, classes }); // Labels change nothing.
      const outputs = await executor.run({ ...search.feeds(), ...feeds });
      entropy += (outputs.loss?.data[0] ?? Number.NaN) / models.length;
      search.collect(totals, outputs);
    }
    return { entropy, totals };
  };
  const told = async (): Promise<number> => {
    const draws = batches();
    let sum = 0;
    for (let batch = 0; batch < TOLD_BATCHES; batch++) sum += (await look(draws)).entropy;
    return sum / TOLD_BATCHES;
  };
  const before = await told();
  const draws = batches();
  for (let step = 0; step < options.steps; step++) {
    signal?.throwIfAborted();
    const { entropy, totals } = await look(draws);
    if (!Number.isFinite(entropy))
      throw new MgitError('TRAINING_DIVERGED', `the entropy of step ${step + 1} is not a finite number`, {
        hint: 'look at the models with mgit diff',
      });
    search.move(totals, step + 1);
    onEvent?.({ type: 'progress', phase: 'solving', done: step + 1, total: options.steps, unit: 'steps' });
  }
  return {
    values: search.values(),
    dataDigests: models.map(({ images }) => images.digest),
    entropy: { before, after: await told() },
  };
}

/** The mean entropy of a batch, and its gradients by weights. */
function entropyGraph({ config, images }: LoadedModel, names: readonly string[]): Graph {
  const { graph, parameters, logits } = buildModelGraph(config, images.shape, BATCH);
  const loss = reduceMean(graph, softmaxEntropy(graph, logits));
  const weights = names.flatMap(name => parameters.get(name) ?? []);
  for (const [at, gradient] of gradients(graph, loss, weights).entries())
    graph.output(gradient, `gradient:${names[at]}`);
  graph.output(loss, 'loss');
  return graph.finish();
}

/** The coefficients on their way, and the models that they stand for. */
function searchOf(
  base: LoadedModel,
  models: readonly LoadedModel[],
  { tensors, rate = RATE }: CoefficientOptions,
) {
  const trainable = base.config.network.parameters.filter(
    ({ name, trainable }) => trainable && tensors.includes(name),
  );
  const names = trainable.map(({ name }) => name);
  const count = names.length * models.length;
  const values = new Float64Array(count).fill(START);
  const moments = [new Float64Array(count), new Float64Array(count)] as const;
  const changes = names.map(name => models.map(model => changeOf(name, base.weights, model.weights)));
  return {
    names,
    begin: () => new Float64Array(count),
    feeds: (): FloatTensors =>
      Object.fromEntries(
        base.config.network.parameters.map(({ name, shape }) => {
          const own = Float32Array.from(base.weights.get(name)?.data ?? []);
          const place = names.indexOf(name);
          for (const [model, change] of (changes[place] ?? []).entries()) {
            const factor = values[place * models.length + model] ?? 0;
            for (let at = 0; at < own.length; at++) own[at] = (own[at] ?? 0) + factor * (change[at] ?? 0);
          }
          return [weightInput(name), { shape, data: own }];
        }),
      ),
    /** Adds the gradients by coefficients: those by the weights, along each change. */
    collect: (totals: Float64Array, outputs: FloatTensors): void => {
      for (const [place, name] of names.entries())
        for (const [model, change] of (changes[place] ?? []).entries()) {
          const gradient = outputs[`gradient:${name}`]?.data ?? new Float32Array();
          let sum = 0;
          for (let at = 0; at < gradient.length; at++) sum += (gradient[at] ?? 0) * (change[at] ?? 0);
          const index = place * models.length + model;
          totals[index] = (totals[index] ?? 0) + sum / models.length;
        }
    },
    /** A step of Adam. Source: Kingma and Ba 2015. */
    move: (totals: Float64Array, step: number): void => {
      for (let at = 0; at < count; at++) {
        const gradient = totals[at] ?? 0;
        const [first, second] = moments;
        first[at] = DECAYS[0] * (first[at] ?? 0) + (1 - DECAYS[0]) * gradient;
        second[at] = DECAYS[1] * (second[at] ?? 0) + (1 - DECAYS[1]) * gradient * gradient;
        const mean = (first[at] ?? 0) / (1 - DECAYS[0] ** step);
        const square = (second[at] ?? 0) / (1 - DECAYS[1] ** step);
        values[at] = (values[at] ?? 0) - (rate * mean) / (Math.sqrt(square) + EPSILON);
      }
    },
    values: () =>
      new Map(
        names.map((name, place) => [
          name,
          [...values.subarray(place * models.length, (place + 1) * models.length)],
        ]),
      ),
  };
}

function changeOf(name: string, base: Weights, model: Weights): Float32Array {
  const origin = base.get(name)?.data ?? new Float32Array();
  return Float32Array.from(model.get(name)?.data ?? [], (value, at) => value - (origin[at] ?? 0));
}
