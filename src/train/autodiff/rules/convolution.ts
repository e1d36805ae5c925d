import { type ConvolutionOptions, transposedConvolution } from '../../graph/emit/convolution.ts';
import { reduceSum } from '../../graph/emit/reduce.ts';
import { dimension } from '../../graph/shapes.ts';
import { kernelGradientByConvolution, kernelGradientByTaps } from '../convolution-kernel.ts';
import { type GradientRule, inputOf, integersAttribute } from '../rule.ts';

/** From this many input channels on, one matrix product per kernel position is the faster kernel gradient (measured on CPU). */
const TAPS_FROM_CHANNELS = 16;

/** By the images: the transposed convolution of the gradient; by the kernels: see `convolution-kernel.ts`; by the bias: a sum. */
export const rule: GradientRule = {
  op: 'Conv',
  gradient: ({ graph, node, upstream, wants }) => {
    const [images, kernels] = [inputOf(node, 0), inputOf(node, 1)];
    const options = optionsOf(node);
    const byKernels =
      dimension(images.shape, 1) >= TAPS_FROM_CHANNELS ? kernelGradientByTaps : kernelGradientByConvolution;
    return [
      wants(0)
        ? transposedConvolution(graph, [upstream, kernels], { ...options, shape: images.shape })
        : undefined,
      wants(1) ? byKernels(graph, { images, kernels, upstream }, options) : undefined,
      wants(2) ? reduceSum(graph, upstream, { axes: [0, 2, 3] }) : undefined,
    ];
  },
};

function optionsOf(node: Parameters<typeof integersAttribute>[0]): Required<ConvolutionOptions> {
  return {
    stride: dimension(integersAttribute(node, 'strides'), 0),
    padding: dimension(integersAttribute(node, 'pads'), 0),
    dilation: dimension(integersAttribute(node, 'dilations'), 0),
  };
}
