import { expect, test } from 'vitest';
import { firstValue, type Setting, settingValue } from '../../../src/merge/recipe-file/settings.ts';

const at = (depth: number, tensor = 'model.layers.0.mlp.weight') => ({ tensor, depth });
const value = (number: number): Setting => ({ kind: 'value', value: number });

test('a gradient is interpolated between values that lie evenly over the layers', () => {
  const gradient: Setting = { kind: 'gradient', values: [0, 1, 0.5] };
  const depths = [0, 0.25, 0.5, 0.75, 1];
  expect(depths.map(depth => settingValue(gradient, at(depth)))).toEqual([0, 0.5, 1, 0.75, 0.5]);
});

test('a gradient of one value, and of words, takes the value at or before the tensor', () => {
  expect(settingValue({ kind: 'gradient', values: [0.3] }, at(0.7))).toBe(0.3);
  const words: Setting = { kind: 'gradient', values: ['a', 'b', 'c'] };
  expect([0, 0.49, 0.5, 1].map(depth => settingValue(words, at(depth)))).toEqual(['a', 'a', 'b', 'c']);
});

test('the first condition counts whose filter is part of the name', () => {
  const setting: Setting = {
    kind: 'conditions',
    conditions: [
      { filter: 'self_attn', setting: { kind: 'gradient', values: [0, 1] } },
      { filter: 'mlp', setting: value(0.25) },
      { filter: undefined, setting: value(0.5) },
    ],
  };
  expect(settingValue(setting, at(0.5, 'model.layers.1.self_attn.q_proj.weight'))).toBe(0.5);
  expect(settingValue(setting, at(0.5, 'model.layers.1.mlp.up_proj.weight'))).toBe(0.25);
  expect(settingValue(setting, at(0, 'lm_head.weight'))).toBe(0.5);
});

test('where no condition fits, the next level counts', () => {
  const narrow: Setting = { kind: 'conditions', conditions: [{ filter: 'attn', setting: value(1) }] };
  expect(firstValue('weight', [{ weight: narrow }, undefined, {}, { weight: value(2) }], at(0))).toBe(2);
  expect(firstValue('toString', [{}], at(0))).toBeUndefined();
});
