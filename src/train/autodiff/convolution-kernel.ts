import { elementCount } from '../../tensor/dtype.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import { type ConvolutionOptions, convolution } from '../graph/emit/convolution.ts';
import { concatenate, pad, reshape, slice, transpose } from '../graph/emit/layout.ts';
import { gemm } from '../graph/emit/linear.ts';
import { dimension } from '../graph/shapes.ts';
import type { Value } from '../graph/value.ts';

/** Images [N, C, H, W], kernels [O, C, h, w], and the gradient by the output [N, O, H', W']. */
interface ConvolutionValues {
  readonly images: Value;
  readonly kernels: Value;
  readonly upstream: Value;
}

/**
 * The gradient by the kernels as one matrix product per kernel position: the images seen through that position
 * [N H' W', C] against the gradient [N H' W', O]. Fast where C is large.
 */
export function kernelGradientByTaps(
  graph: GraphBuilder,
  values: ConvolutionValues,
  options: Required<ConvolutionOptions>,
): Value {
  const { images, kernels, upstream } = values;
  const { padding } = options;
  const edges = [0, 0, padding, padding];
  const padded = padding === 0 ? images : pad(graph, images, { before: edges, after: edges });
  const channelsLast = pixelRows(graph, transpose(graph, upstream, [0, 2, 3, 1]));
  const imagesLast = transpose(graph, padded, [0, 2, 3, 1]);
  const taps = kernelPositions(kernels).map(position => {
    const seen = slice(graph, imagesLast, tapRanges(position, upstream, options));
    const product = gemm(graph, [channelsLast, pixelRows(graph, seen)], { transposeLeft: true });
    return reshape(graph, product, [...product.shape, 1]);
  });
  return reshape(graph, concatenate(graph, taps, 2), kernels.shape);
}

function kernelPositions(kernels: Value): readonly (readonly [row: number, column: number])[] {
  const [height, width] = [dimension(kernels.shape, 2), dimension(kernels.shape, 3)];
  return Array.from({ length: height * width }, (_, index) => [Math.floor(index / width), index % width]);
}

function tapRanges(
  position: readonly [number, number],
  upstream: Value,
  { stride, dilation }: Required<ConvolutionOptions>,
): Parameters<typeof slice>[2] {
  return position.map((at, index) => {
    const start = at * dilation;
    const last = start + (dimension(upstream.shape, index + 2) - 1) * stride;
    return { axis: index + 1, start, end: last + 1, step: stride };
  });
}

/** [N, H, W, C] to [N H W, C]. */
function pixelRows(graph: GraphBuilder, value: Value): Value {
  const channels = dimension(value.shape, -1);
  return reshape(graph, value, [elementCount(value.shape) / channels, channels]);
}

/**
 * The gradient by the kernels as one convolution in which batch and channels change places, and stride and dilation too.
 * Fast where C is small, as in a first layer.
 */
export function kernelGradientByConvolution(
  graph: GraphBuilder,
  values: ConvolutionValues,
  { stride, padding, dilation }: Required<ConvolutionOptions>,
): Value {
  const { images, kernels, upstream } = values;
  const swapped = [1, 0, 2, 3];
  const result = convolution(
    graph,
    [transpose(graph, images, swapped), transpose(graph, upstream, swapped)],
    { stride: dilation, dilation: stride, padding },
  );
  // With a stride, the rightmost pixels may reach no output: they show up as positions beyond the kernel.
  const ranges = [2, 3].map(axis => ({ axis, start: 0, end: dimension(kernels.shape, axis) }));
  return transpose(graph, slice(graph, result, ranges), swapped);
}
