import { MgitError } from '../../base/errors.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import { convolution } from '../graph/emit/convolution.ts';
import { add, relu } from '../graph/emit/elementwise.ts';
import { flatten, pad, slice } from '../graph/emit/layout.ts';
import { gemm } from '../graph/emit/linear.ts';
import { batchNormalization } from '../graph/emit/normalization.ts';
import { globalAveragePool } from '../graph/emit/reduce.ts';
import { dimension } from '../graph/shapes.ts';
import type { Value } from '../graph/value.ts';
import type { Architecture, ParameterSpec } from './architecture.ts';
import { checkKeys, oneOf, positiveIntegers, text } from './config-values.ts';

/** One residual block: its place in the names, and how it changes the tensor. */
interface Block {
  readonly name: string;
  readonly inputs: number;
  readonly channels: number;
  readonly stride: number;
}

const STAGES = [16, 32, 64] as const;
const EPSILON = 1e-5;

/**
 * ResNets for 32 x 32 images with shortcuts that have no weights (option A): every second pixel, and zeros for new channels.
 * Batch normalisation uses running statistics. Config: `depth` (20, 32, 44, 56, 110), `classes` ([10] by default), `prefix`.
 * Source: He et al., Deep Residual Learning, 2015, section 4.2; names as in akamaster/pytorch_resnet_cifar10.
 */
export const resnetCifar: Architecture = {
  name: 'resnet-cifar',
  network: config => {
    checkKeys(config, ['architecture', 'depth', 'classes', 'prefix', 'input']);
    const depth = oneOf(config, 'depth', [20, 32, 44, 56, 110]);
    const [classes = 10] = positiveIntegers({ classes: [config.classes ?? 10] }, 'classes');
    const prefix = text(config, 'prefix', '');
    const blocks = blocksOf(prefix, (depth - 2) / 6);
    return {
      architecture: 'resnet-cifar',
      parameters: parametersOf(prefix, blocks, classes),
      classes,
      checkImages: shape => {
        if (shape[0] !== 3)
          throw new MgitError('DATA_SHAPE', `the network takes images of 3 channels, not ${shape[0]}`);
      },
      forward: (graph, images, parameter) => {
        const layer = { graph, parameter };
        const stem = relu(
          graph,
          normalize(layer, convolve(layer, images, `${prefix}conv1`, 1), `${prefix}bn1`),
        );
        const features = blocks.reduce((value, block) => residual(layer, value, block), stem);
        const pooled = flatten(graph, globalAveragePool(graph, features));
        const operands = [
          pooled,
          parameter(`${prefix}linear.weight`),
          parameter(`${prefix}linear.bias`),
        ] as const;
        return gemm(graph, operands, { transposeRight: true });
      },
    };
  },
};

function blocksOf(prefix: string, perStage: number): readonly Block[] {
  return STAGES.flatMap((channels, stage) =>
    Array.from({ length: perStage }, (_, index) => {
      const isFirst = index === 0 && stage > 0;
      const name = `${prefix}layer${stage + 1}.${index}`;
      return { name, channels, inputs: isFirst ? channels / 2 : channels, stride: isFirst ? 2 : 1 };
    }),
  );
}

interface Layer {
  readonly graph: GraphBuilder;
  readonly parameter: (name: string) => Value;
}

function residual(layer: Layer, input: Value, block: Block): Value {
  const { graph } = layer;
  const first = convolve(layer, input, `${block.name}.conv1`, block.stride);
  const inner = relu(graph, normalize(layer, first, `${block.name}.bn1`));
  const second = normalize(layer, convolve(layer, inner, `${block.name}.conv2`, 1), `${block.name}.bn2`);
  return relu(graph, add(graph, second, shortcut(graph, input, block)));
}

function shortcut(graph: GraphBuilder, input: Value, { stride, channels, inputs }: Block): Value {
  if (stride === 1) return input;
  const axes = [2, 3].map(axis => ({ axis, start: 0, end: dimension(input.shape, axis), step: stride }));
  const added = (channels - inputs) / 2;
  return pad(graph, slice(graph, input, axes), { before: [0, added, 0, 0], after: [0, added, 0, 0] });
}

function convolve({ graph, parameter }: Layer, input: Value, name: string, stride: number): Value {
  return convolution(graph, [input, parameter(`${name}.weight`)], { stride, padding: 1 });
}

function normalize({ graph, parameter }: Layer, input: Value, name: string): Value {
  return batchNormalization(graph, input, {
    scale: parameter(`${name}.weight`),
    bias: parameter(`${name}.bias`),
    mean: parameter(`${name}.running_mean`),
    variance: parameter(`${name}.running_var`),
    epsilon: EPSILON,
  });
}

function parametersOf(prefix: string, blocks: readonly Block[], classes: number): readonly ParameterSpec[] {
  return [
    convolutionParameter(`${prefix}conv1`, 3, STAGES[0]),
    ...normalizationParameters(`${prefix}bn1`, STAGES[0]),
    ...blocks.flatMap(({ name, inputs, channels }) => [
      convolutionParameter(`${name}.conv1`, inputs, channels),
      ...normalizationParameters(`${name}.bn1`, channels),
      convolutionParameter(`${name}.conv2`, channels, channels),
      ...normalizationParameters(`${name}.bn2`, channels),
    ]),
    weight(`${prefix}linear.weight`, [classes, STAGES[2]], STAGES[2]),
    constant(`${prefix}linear.bias`, [classes], { value: 0, trainable: true }),
  ];
}

function convolutionParameter(name: string, inputs: number, outputs: number): ParameterSpec {
  return weight(`${name}.weight`, [outputs, inputs, 3, 3], inputs * 9);
}

function normalizationParameters(name: string, channels: number): readonly ParameterSpec[] {
  return [
    constant(`${name}.weight`, [channels], { value: 1, trainable: true }),
    constant(`${name}.bias`, [channels], { value: 0, trainable: true }),
    constant(`${name}.running_mean`, [channels], { value: 0, trainable: false }),
    constant(`${name}.running_var`, [channels], { value: 1, trainable: false }),
  ];
}

function weight(name: string, shape: readonly number[], fanIn: number): ParameterSpec {
  return { name, shape, trainable: true, initial: { kind: 'kaiming-uniform', fanIn } };
}

function constant(
  name: string,
  shape: readonly number[],
  { value, trainable }: { readonly value: number; readonly trainable: boolean },
): ParameterSpec {
  return { name, shape, trainable, initial: { kind: 'constant', value } };
}
