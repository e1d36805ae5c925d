import ort from 'onnxruntime-node';
import { createRandom } from '../../src/base/random.ts';
import { elementCount } from '../../src/tensor/dtype.ts';
import { gradients } from '../../src/train/autodiff/gradients.ts';
import { createGraph, type GraphBuilder } from '../../src/train/graph/builder.ts';
import { multiply } from '../../src/train/graph/emit/elementwise.ts';
import { reduceSum } from '../../src/train/graph/emit/reduce.ts';
import { type Graph, sizeOf, type Value } from '../../src/train/graph/value.ts';
import { encodeOnnxModel } from '../../src/train/onnx/writer.ts';

/** An input of a graph under test: its shape, and where its values lie (default -1 to 1, away from the kink of ReLU at 0). */
export interface CheckedInput {
  readonly shape: readonly number[];
  readonly positive?: boolean;
  /** False: the gradient by it is not asked for. */
  readonly wanted?: boolean;
}

/** 1 and 1 where two gradients are the same. */
export interface Agreement {
  readonly cosine: number;
  readonly ratio: number;
}

/** Half the distance over which the loss is differenced: large enough that float32 rounding stays small beside it. */
const STEP = 1 / 64;

type Tensors = Record<string, Float32Array<ArrayBuffer>>;

/**
 * How each wanted input's emitted gradient agrees with central finite differences: the cosine of their angle, and the ratio of their norms. The loss is the sum of the
 * graph's result, weighted at random so that no two elements are alike.
 */
export async function gradientAgreement(
  inputs: readonly CheckedInput[],
  build: (graph: GraphBuilder, inputs: readonly Value[]) => Value,
): Promise<readonly Agreement[]> {
  const graph = createGraph();
  const values = inputs.map(({ shape }, index) => graph.input(`input${index}`, shape));
  const result = build(graph, values);
  const weights = graph.constant(randomValues(sizeOf(result), 'weights', false), result.shape);
  const loss = reduceSum(graph, multiply(graph, result, weights));
  const wanted = values.filter((_, index) => inputs[index]?.wanted !== false);
  const byInput = gradients(graph, loss, wanted);
  graph.output(loss, 'loss');
  for (const [index, gradient] of byInput.entries())
    graph.output(gradient, `gradient:${wanted[index]?.name}`);
  const run = await runner(graph.finish());
  const feeds = Object.fromEntries(
    values.map((value, index) => [
      value.name,
      Float32Array.from(randomValues(sizeOf(value), value.name, inputs[index]?.positive === true)),
    ]),
  );
  const outputs = await run(feeds);
  const agreements: Agreement[] = [];
  for (const { name } of wanted)
    agreements.push(
      compare(outputs[`gradient:${name}`] ?? new Float32Array(), await differences(run, feeds, name)),
    );
  return agreements;
}

/** Runs a graph in this thread. */
export async function runner(graph: Graph): Promise<(feeds: Tensors) => Promise<Tensors>> {
  const session = await ort.InferenceSession.create(encodeOnnxModel(graph), { intraOpNumThreads: 1 });
  return async feeds => {
    const tensors = graph.inputs.map(({ name, shape }) => [
      name,
      new ort.Tensor('float32', feeds[name] ?? new Float32Array(elementCount(shape)), shape),
    ]);
    const results = await session.run(Object.fromEntries(tensors));
    return Object.fromEntries(
      Object.entries(results).map(([name, { data }]) => [name, Float32Array.from(data as Float32Array)]),
    );
  };
}

async function differences(
  run: (feeds: Tensors) => Promise<Tensors>,
  feeds: Tensors,
  name: string,
): Promise<Float32Array> {
  const values = feeds[name] ?? new Float32Array();
  const lossAt = async (index: number, shift: number): Promise<number> => {
    const moved = values.slice();
    moved[index] = (moved[index] ?? 0) + shift;
    return (await run({ ...feeds, [name]: moved })).loss?.[0] ?? Number.NaN;
  };
  const slopes = new Float32Array(values.length);
  for (const index of values.keys())
    slopes[index] = ((await lossAt(index, STEP)) - (await lossAt(index, -STEP))) / (2 * STEP);
  return slopes;
}

function randomValues(count: number, label: string, positive: boolean): number[] {
  const random = createRandom(1, label);
  return Array.from({ length: count }, () => {
    const size = 0.2 + 0.8 * random.unit();
    return positive || random.below(2) === 0 ? size : -size;
  });
}

function compare(left: Float32Array, right: Float32Array): Agreement {
  let [product, leftSquare, rightSquare] = [0, 0, 0];
  for (const [index, a] of left.entries()) {
    const b = right[index] ?? Number.NaN;
    product += a * b;
    leftSquare += a * a;
    rightSquare += b * b;
  }
  return {
    cosine: product / Math.sqrt(leftSquare * rightSquare),
    ratio: Math.sqrt(leftSquare / rightSquare),
  };
}
