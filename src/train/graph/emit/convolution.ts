import type { GraphBuilder } from '../builder.ts';
import { dimension, shapeError } from '../shapes.ts';
import type { Attribute, Value } from '../value.ts';

/** How a two-dimensional convolution walks. Padding is the same on both sides of an axis. */
export interface ConvolutionOptions {
  readonly stride?: number;
  readonly padding?: number;
  readonly dilation?: number;
}

/** Images [N, C, H, W] with kernels [O, C, h, w] to [N, O, H', W']; `inputs` may end with a bias [O]. One group. */
export function convolution(
  graph: GraphBuilder,
  inputs: readonly [images: Value, kernels: Value, bias?: Value],
  options: ConvolutionOptions = {},
): Value {
  const [images, kernels] = inputs;
  if (images.shape.length !== 4 || kernels.shape.length !== 4 || images.shape[1] !== kernels.shape[1])
    throw shapeError(`kernels [${kernels.shape}] do not fit images [${images.shape}]`);
  const side = (axis: number): number =>
    convolvedSide(dimension(images.shape, axis), dimension(kernels.shape, axis), options);
  return graph.node({
    op: 'Conv',
    inputs: inputs.filter(input => input !== undefined),
    attributes: convolutionAttributes(options),
    shape: [dimension(images.shape, 0), dimension(kernels.shape, 0), side(2), side(3)],
  });
}

function convolvedSide(size: number, kernel: number, options: ConvolutionOptions): number {
  const { stride = 1, padding = 0, dilation = 1 } = options;
  return Math.floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1;
}

/** ONNX attributes shared by `Conv` and `ConvTranspose`. */
export function convolutionAttributes(options: ConvolutionOptions): Readonly<Record<string, Attribute>> {
  const { stride = 1, padding = 0, dilation = 1 } = options;
  return {
    strides: { kind: 'ints', value: [stride, stride] },
    pads: { kind: 'ints', value: [padding, padding, padding, padding] },
    dilations: { kind: 'ints', value: [dilation, dilation] },
  };
}

/** The transposed convolution that brings [N, O, H', W'] back to `shape` [N, C, H, W]. */
export function transposedConvolution(
  graph: GraphBuilder,
  inputs: readonly [Value, Value],
  options: ConvolutionOptions & { readonly shape: readonly number[] },
): Value {
  const { stride = 1, padding = 0, dilation = 1, shape } = options;
  const missing = (axis: number): number => {
    const kernel = dilation * (dimension(inputs[1].shape, axis) - 1) + 1;
    const covered = (dimension(inputs[0].shape, axis) - 1) * stride + kernel - 2 * padding;
    return dimension(shape, axis) - covered;
  };
  return graph.node({
    op: 'ConvTranspose',
    inputs,
    attributes: {
      ...convolutionAttributes(options),
      output_padding: { kind: 'ints', value: [missing(2), missing(3)] },
    },
    shape,
  });
}
