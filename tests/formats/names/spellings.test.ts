import { expect, test } from 'vitest';
import { matchSpellings } from '../../../src/formats/names/match-spellings.ts';
import { commonSpelling } from '../../../src/formats/names/spellings.ts';

const common = commonSpelling();

test('what wraps a state_dict does not count', () => {
  for (const name of [
    'module.fc.weight',
    'state_dict.fc.weight',
    'state_dict.model.fc.weight',
    'model_state_dict.module.fc.weight',
    'module._orig_mod.fc.weight',
    '_orig_mod.module.fc.weight',
  ])
    expect(common(name)).toBe('fc.weight');
});

test('a body with and without its head', () => {
  expect(common('bert.encoder.layer.3.output.LayerNorm.gamma')).toBe(
    common('encoder.layer.3.output.LayerNorm.weight'),
  );
  expect(common('transformer.h.0.attn.c_attn.weight')).toBe('h.0.attn.c_attn.weight');
});

/** Names of torchvision's `VisionTransformer`, and of timm's. */
const VIT: Readonly<Record<string, string>> = {
  class_token: 'cls_token',
  'conv_proj.weight': 'patch_embed.proj.weight',
  'encoder.pos_embedding': 'pos_embed',
  'encoder.layers.encoder_layer_11.ln_1.bias': 'blocks.11.norm1.bias',
  'encoder.layers.encoder_layer_11.self_attention.in_proj_weight': 'blocks.11.attn.qkv.weight',
  'encoder.layers.encoder_layer_11.self_attention.in_proj_bias': 'blocks.11.attn.qkv.bias',
  'encoder.layers.encoder_layer_11.self_attention.out_proj.weight': 'blocks.11.attn.proj.weight',
  'encoder.layers.encoder_layer_11.ln_2.weight': 'blocks.11.norm2.weight',
  'encoder.layers.encoder_layer_11.mlp.0.weight': 'blocks.11.mlp.fc1.weight',
  'encoder.layers.encoder_layer_11.mlp.linear_2.bias': 'blocks.11.mlp.fc2.bias',
  'encoder.ln.weight': 'norm.weight',
  'heads.head.weight': 'head.weight',
};

test('vision transformers of torchvision and timm', () => {
  const matches = matchSpellings(Object.values(VIT), Object.keys(VIT), common);
  expect(Object.fromEntries(matches)).toEqual(VIT);
});

test('a spelling that several names have matches none of them', () => {
  expect(matchSpellings(['fc.weight'], ['module.fc.weight', 'state_dict.fc.weight'], common).size).toBe(0);
  expect(matchSpellings(['net.a', 'module.a'], ['state_dict.a'], common).size).toBe(0);
});

test("a project's own rules come first", () => {
  const own = commonSpelling([{ from: 'dense_*.*', to: 'fc*.*' }]);
  expect(own('dense_1.weight')).toBe(own('module.fc1.weight'));
});
