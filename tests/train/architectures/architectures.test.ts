import { expect, test } from 'vitest';
import { elementCount } from '../../../src/tensor/dtype.ts';
import { parseModelConfig } from '../../../src/train/architectures/model-config.ts';
import { buildModelGraph } from '../../../src/train/model-graph.ts';

const network = (config: object) => parseModelConfig(JSON.stringify(config)).network;

test('an MLP names its layers by a pattern or a list', () => {
  const names = (more: object) =>
    network({ architecture: 'mlp', layers: [4, 3, 2], ...more }).parameters.map(({ name }) => name);
  expect(names({})).toEqual(['fc1.weight', 'fc1.bias', 'fc2.weight', 'fc2.bias']);
  expect(names({ parameters: 'layers.{index}', prefix: 'module.' })).toEqual([
    'module.layers.1.weight',
    'module.layers.1.bias',
    'module.layers.2.weight',
    'module.layers.2.bias',
  ]);
  expect(names({ parameters: ['0', '2'] })).toEqual(['0.weight', '0.bias', '2.weight', '2.bias']);
});

test.each([
  [20, 269_722],
  [32, 464_154],
])('ResNet-%i has the published number of trainable parameters', (depth, count) => {
  const { parameters } = network({ architecture: 'resnet-cifar', depth });
  const trainable = parameters.filter(parameter => parameter.trainable);
  expect(trainable.reduce((sum, { shape }) => sum + elementCount(shape), 0)).toBe(count);
});

test('the shapes of a ResNet fit from images to logits', () => {
  const config = parseModelConfig('{"architecture":"resnet-cifar","depth":20,"classes":7}');
  const { logits, losses } = buildModelGraph(config, [3, 32, 32], 2);
  expect(logits.shape).toEqual([2, 7]);
  expect(losses.shape).toEqual([2]);
});

test.each([
  ['[]', 'must be a JSON object'],
  ['{', 'is not JSON'],
  ['{"architecture":"mlp","layers":[4]}', 'layers must hold'],
  ['{"architecture":"mlp","layers":[4,0]}', 'positive integers'],
  ['{"architecture":"mlp","layers":[4,3,2],"parameters":"fc"}', 'must contain {index}'],
  ['{"architecture":"mlp","layers":[4,3,2],"parameters":["a"]}', 'must name 2 layers'],
  ['{"architecture":"mlp","layers":[4,3],"activation":"sine"}', 'activation must be one of relu, tanh'],
  ['{"architecture":"mlp","layers":[4,3],"input":{"mean":[0],"std":[0]}}', 'std above 0'],
  ['{"architecture":"resnet-cifar","depth":21}', 'depth must be one of'],
])('the config %s is refused', (json, message) => {
  expect(() => parseModelConfig(json)).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(message) }),
  );
});
