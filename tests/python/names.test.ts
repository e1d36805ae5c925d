import { join } from 'node:path';
import { expect, test } from 'vitest';
import { matchSpellings } from '../../src/formats/names/match-spellings.ts';
import { commonSpelling } from '../../src/formats/names/spellings.ts';
import { runPython } from '../testkit/python.ts';

const NAMES = JSON.parse(runPython(join(import.meta.dirname, 'reference_names.py'))) as Readonly<
  Record<'bert' | 'bertWithHead' | 'gpt2' | 'gpt2WithHead' | 'resnet' | 'vit', readonly string[]>
>;

/** Names of `others` that no name of `reference` is spelt like. */
function unmatched(reference: readonly string[], others: readonly string[]): readonly string[] {
  const own = new Set(reference);
  const open = others.filter(name => !own.has(name));
  const missing = reference.filter(name => !others.includes(name));
  const matches = matchSpellings(missing, open, commonSpelling());
  return open.filter(name => !matches.has(name));
}

test('bodies of language models, with a head and without', () => {
  expect(unmatched(NAMES.bert, NAMES.bertWithHead)).toEqual(['classifier.bias', 'classifier.weight']);
  expect(unmatched(NAMES.gpt2, NAMES.gpt2WithHead)).toEqual([]);
});

const NORM = ['weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked'];
const normed = (convolution: string, norm: string): string[] => [
  `${convolution}.weight`,
  ...NORM.map(part => `${norm}.${part}`),
];

/** Names of torchvision's and timm's ResNet of basic blocks, 2, 1, 1 and 1 of them. */
const RESNET = [
  ...normed('conv1', 'bn1'),
  ...['layer1.0', 'layer1.1', 'layer2.0', 'layer3.0', 'layer4.0'].flatMap(block => [
    ...normed(`${block}.conv1`, `${block}.bn1`),
    ...normed(`${block}.conv2`, `${block}.bn2`),
  ]),
  ...['layer2.0', 'layer3.0', 'layer4.0'].flatMap(block =>
    normed(`${block}.downsample.0`, `${block}.downsample.1`),
  ),
  'fc.weight',
  'fc.bias',
];

test("every tensor of transformers' ResNet is one of torchvision's and timm's", () => {
  expect(unmatched(RESNET, NAMES.resnet)).toEqual([]);
  expect(NAMES.resnet.length).toBe(RESNET.length);
});

/** Names of timm's vision transformer, without query, key and value. */
const VIT = [
  'cls_token',
  'pos_embed',
  ...['patch_embed.proj', 'norm', 'head'].flatMap(part => [`${part}.weight`, `${part}.bias`]),
  ...[0, 1].flatMap(block =>
    ['norm1', 'attn.proj', 'norm2', 'mlp.fc1', 'mlp.fc2'].flatMap(part => [
      `blocks.${block}.${part}.weight`,
      `blocks.${block}.${part}.bias`,
    ]),
  ),
];

test("every tensor of transformers' vision transformer but query, key and value is one of timm's", () => {
  const left = unmatched(VIT, NAMES.vit);
  expect(left.filter(name => !/\b(?:query|key|value|[qkv]_proj)\b/.test(name))).toEqual([]);
  expect(left.length).toBe(12);
});
