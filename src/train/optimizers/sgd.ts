import { add, multiply, scalar, subtract } from '../graph/emit/elementwise.ts';
import type { Optimizer } from './optimizer.ts';

/**
 * Stochastic gradient descent: `v = momentum v + g + decay w; w = w - rate v`. Source: PyTorch's `torch.optim.SGD` without dampening
 * or Nesterov momentum.
 */
export const sgd: Optimizer = {
  name: 'sgd',
  states: ['velocity'],
  scalars: ['learning_rate'],
  update: (graph, { weight, gradient, state: [velocity], scalar: fed }, { momentum, weightDecay }) => {
    if (velocity === undefined) throw new Error('sgd needs its velocity');
    const decayed =
      weightDecay === 0
        ? gradient
        : add(graph, gradient, multiply(graph, weight, scalar(graph, weightDecay)));
    const moved = add(graph, multiply(graph, velocity, scalar(graph, momentum)), decayed);
    const step = multiply(graph, moved, fed('learning_rate'));
    return { weight: subtract(graph, weight, step), state: [moved] };
  },
  schedule: () => learningRate => ({ learning_rate: learningRate }),
};
