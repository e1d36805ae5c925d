import { add, divide, multiply, scalar, squareRoot, subtract } from '../graph/emit/elementwise.ts';
import type { Optimizer, OptimizerSettings } from './optimizer.ts';

/**
 * Adam with decoupled weight decay: `w = w (1 - rate decay) - (rate / c1) m / (sqrt(v) / sqrt(c2) + epsilon)`, where m and v are the
 * running means of the gradient and its square, c1 and c2 their bias corrections. Source: Loshchilov and Hutter, 2019, as PyTorch's
 * `torch.optim.AdamW` computes it.
 */
export const adamw: Optimizer = {
  name: 'adamw',
  states: ['mean', 'square'],
  scalars: ['keep', 'step_size', 'inverse_correction'],
  update: (graph, { weight, gradient, state: [mean, square], scalar: fed }, settings) => {
    if (mean === undefined || square === undefined) throw new Error('adamw needs its two moments');
    const blend = (old: typeof mean, fresh: typeof mean, beta: number): typeof mean =>
      add(graph, multiply(graph, old, scalar(graph, beta)), multiply(graph, fresh, scalar(graph, 1 - beta)));
    const nextMean = blend(mean, gradient, settings.beta1);
    const nextSquare = blend(square, multiply(graph, gradient, gradient), settings.beta2);
    const scaled = multiply(graph, squareRoot(graph, nextSquare), fed('inverse_correction'));
    const direction = divide(graph, nextMean, add(graph, scaled, scalar(graph, settings.epsilon)));
    const kept = multiply(graph, weight, fed('keep'));
    return {
      weight: subtract(graph, kept, multiply(graph, direction, fed('step_size'))),
      state: [nextMean, nextSquare],
    };
  },
  schedule: startSchedule,
};

/** Powers of the betas are running products: `Math.pow` gives different bits in different Node versions. */
function startSchedule({
  beta1,
  beta2,
  weightDecay,
}: OptimizerSettings): (rate: number) => Record<string, number> {
  let [power1, power2] = [1, 1];
  return rate => {
    power1 *= beta1;
    power2 *= beta2;
    return {
      keep: 1 - rate * weightDecay,
      step_size: rate / (1 - power1),
      inverse_correction: 1 / Math.sqrt(1 - power2),
    };
  };
}
