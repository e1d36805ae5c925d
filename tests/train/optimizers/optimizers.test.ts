import { expect, test } from 'vitest';
import { createGraph } from '../../../src/train/graph/builder.ts';
import { learningRateAt } from '../../../src/train/optimizers/learning-rate.ts';
import type { OptimizerSettings } from '../../../src/train/optimizers/optimizer.ts';
import { OPTIMIZERS } from '../../../src/train/optimizers/registry.ts';
import { runner } from '../../testkit/gradient-check.ts';

const SETTINGS: OptimizerSettings = {
  momentum: 0.9,
  weightDecay: 0.1,
  beta1: 0.9,
  beta2: 0.99,
  epsilon: 1e-8,
};
const RATE = 0.05;

/** The weight after each of three steps whose gradient is the weight itself plus one. */
async function trajectory(name: string): Promise<number[]> {
  const optimizer = OPTIMIZERS.find(known => known.name === name);
  if (!optimizer) throw new Error(name);
  const graph = createGraph();
  const [weight, gradient] = [graph.input('weight', [1]), graph.input('gradient', [1])];
  const state = optimizer.states.map(state => graph.input(state, [1]));
  const scalars = new Map(optimizer.scalars.map(scalar => [scalar, graph.input(`s:${scalar}`, [])]));
  const scalar = (key: string) => scalars.get(key) ?? weight;
  const next = optimizer.update(graph, { weight, gradient, state, scalar }, SETTINGS);
  graph.output(next.weight, 'next');
  for (const [index, value] of next.state.entries()) graph.output(value, `next:${optimizer.states[index]}`);
  const run = await runner(graph.finish());
  const schedule = optimizer.schedule(SETTINGS);
  const feeds = Object.fromEntries(optimizer.states.map(key => [key, Float32Array.of(0)]));
  let current = 0.5;
  const seen: number[] = [];
  for (let step = 0; step < 3; step++) {
    for (const [key, value] of Object.entries(schedule(RATE))) feeds[`s:${key}`] = Float32Array.of(value);
    const outputs = await run({
      ...feeds,
      weight: Float32Array.of(current),
      gradient: Float32Array.of(current + 1),
    });
    current = outputs.next?.[0] ?? Number.NaN;
    for (const key of optimizer.states) feeds[key] = outputs[`next:${key}`] ?? Float32Array.of(Number.NaN);
    seen.push(current);
  }
  return seen;
}

test('sgd moves as its formula says', async () => {
  const expected: number[] = [];
  let [weight, velocity] = [0.5, 0];
  for (let step = 0; step < 3; step++) {
    velocity = SETTINGS.momentum * velocity + (weight + 1) + SETTINGS.weightDecay * weight;
    weight -= RATE * velocity;
    expected.push(weight);
  }
  const seen = await trajectory('sgd');
  for (const [step, value] of seen.entries()) expect(value).toBeCloseTo(expected[step] ?? 0, 6);
});

test('adamw moves as its formula says', async () => {
  const expected: number[] = [];
  let [weight, mean, square] = [0.5, 0, 0];
  for (let step = 1; step <= 3; step++) {
    const gradient = weight + 1;
    mean = SETTINGS.beta1 * mean + (1 - SETTINGS.beta1) * gradient;
    square = SETTINGS.beta2 * square + (1 - SETTINGS.beta2) * gradient ** 2;
    const correctedMean = mean / (1 - SETTINGS.beta1 ** step);
    const correctedSquare = square / (1 - SETTINGS.beta2 ** step);
    weight -= RATE * SETTINGS.weightDecay * weight;
    weight -= (RATE * correctedMean) / (Math.sqrt(correctedSquare) + SETTINGS.epsilon);
    expected.push(weight);
  }
  const seen = await trajectory('adamw');
  for (const [step, value] of seen.entries()) expect(value).toBeCloseTo(expected[step] ?? 0, 6);
});

test('schedules rise, then stay or fall', () => {
  const at = (name: 'constant' | 'cosine' | 'linear') =>
    [0, 1, 2, 6, 9].map(step => learningRateAt(step, 10, { peak: 1, schedule: { name, warmupSteps: 2 } }));
  expect(at('constant')).toEqual([0.5, 1, 1, 1, 1]);
  expect(at('linear')).toEqual([0.5, 1, 1, 0.5, 0.125]);
  const [, , first = 0, middle = 0, last = 0] = at('cosine');
  expect([first, middle]).toEqual([1, 0.5]);
  expect(last).toBeCloseTo(0.038, 3);
});
