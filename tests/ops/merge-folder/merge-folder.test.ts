import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { MgitEvent } from '../../../src/base/events.ts';
import { nodePorts } from '../../../src/cli/context.ts';
import { type MergeToFolderRequest, mergeToFolder } from '../../../src/ops/merge-folder/merge-folder.ts';
import { previewFolderMerge } from '../../../src/ops/merge-folder/preview.ts';
import { decodeElements, type FloatDtype } from '../../testkit/float-elements.ts';
import { type FolderTensor, writeModelFolder } from '../../testkit/model-folder.ts';
import { readTensors } from '../../testkit/read-tensors.ts';
import { safetensorsFile } from '../../testkit/safetensors-file.ts';
import { wordTokenizer } from '../../testkit/tokenizer.ts';

let cwd: string;
let events: MgitEvent[];
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'mgit-folders-'));
  events = [];
});
afterEach(() => rmSync(cwd, { recursive: true }));

function request(recipe: string, options: Partial<MergeToFolderRequest> = {}): MergeToFolderRequest {
  writeFileSync(join(cwd, 'recipe.yaml'), recipe);
  return { cwd, recipe: 'recipe.yaml', out: 'out', onEvent: event => void events.push(event), ...options };
}

const merge = (recipe: string, options?: Partial<MergeToFolderRequest>) =>
  mergeToFolder(nodePorts(), request(recipe, options));
const read = (name: string): Buffer => readFileSync(join(cwd, 'out', name));
const config = () => JSON.parse(read('config.json').toString());
const warnings = () => events.flatMap(event => (event.type === 'warning' ? [event.code] : []));

function values(name: string, file = 'model.safetensors'): readonly number[] {
  const tensor = readTensors(read(file)).get(name);
  return tensor ? decodeElements(tensor.dtype as FloatDtype, tensor.bytes) : [];
}

const vector = (values: readonly number[], dtype: FolderTensor['dtype'] = 'F32'): FolderTensor => ({
  shape: [values.length],
  values,
  dtype,
});

describe('a merge of two folders', () => {
  const LINEAR =
    'merge_method: linear\nmodels:\n  - { model: a, parameters: { weight: 3 } }\n  - { model: b, parameters: { weight: 1 } }\n';
  beforeEach(() => {
    writeModelFolder(
      join(cwd, 'a'),
      { x: vector([1, 2]), y: vector([4]) },
      { 'config.json': { model_type: 'llama', rope_theta: 1 }, 'tokenizer.json': {} },
    );
    writeModelFolder(
      join(cwd, 'b'),
      { x: vector([5, 6]), y: vector([8]) },
      { 'config.json': { model_type: 'llama', rope_theta: 2 } },
    );
  });

  test('writes weights, config, tokenizer, recipe, record and card', async () => {
    const outcome = await merge(LINEAR);
    expect(outcome).toMatchObject({ kind: 'written', method: 'linear', tensors: 2, bytes: 12 });
    expect(readdirSync(join(cwd, 'out')).sort()).toEqual([
      'README.md',
      'config.json',
      'mergekit_config.yml',
      'mgit_merge.json',
      'model.safetensors',
      'tokenizer.json',
    ]);
    expect(values('x')).toEqual([2, 3]);
    expect(values('y')).toEqual([5]);
    expect(config()).toEqual({ model_type: 'llama', rope_theta: 1, torch_dtype: 'float32' });
    expect(warnings()).toEqual(['CONFIG_DIFFERS']);
    expect(read('mergekit_config.yml').toString()).toBe(LINEAR);
    expect(read('README.md').toString()).toContain('base_model_relation: merge');
    const { tensors } = JSON.parse(read('mgit_merge.json').toString());
    expect(Object.keys(tensors)).toEqual(['x', 'y']);
  });

  test('leaves nothing but the result beside it', async () => {
    await merge(LINEAR);
    expect(readdirSync(cwd).sort()).toEqual(['a', 'b', 'out', 'recipe.yaml']);
  });

  test('refuses to replace anything, unless it is told to', async () => {
    await merge(LINEAR);
    await expect(merge(LINEAR)).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
    await merge(LINEAR.replace('weight: 3', 'weight: 1'), { force: true });
    expect(values('x')).toEqual([3, 4]);
    expect(readdirSync(cwd).sort()).toEqual(['a', 'b', 'out', 'recipe.yaml']);
  });

  test('into one file writes nothing else', async () => {
    await merge(LINEAR, { out: 'merged.safetensors' });
    expect(readTensors(readFileSync(join(cwd, 'merged.safetensors'))).has('y')).toBe(true);
    expect(readdirSync(cwd).sort()).toEqual(['a', 'b', 'merged.safetensors', 'recipe.yaml']);
  });

  test('in several files has an index', async () => {
    const { files } = await merge(LINEAR, { shardElements: 2 });
    expect(files.slice(0, 2)).toEqual([
      'model-00001-of-00002.safetensors',
      'model-00002-of-00002.safetensors',
    ]);
    expect(JSON.parse(read('model.safetensors.index.json').toString())).toEqual({
      metadata: { total_size: 12 },
      weight_map: { x: 'model-00001-of-00002.safetensors', y: 'model-00002-of-00002.safetensors' },
    });
    expect(values('y', 'model-00002-of-00002.safetensors')).toEqual([5]);
    await merge('merge_method: linear\nmodels: [{ model: out }]', { out: 'again' }); // Shards are read, too.
    expect(readTensors(readFileSync(join(cwd, 'again/model.safetensors'))).size).toBe(2);
  });

  test('the command line counts more than the recipe', async () => {
    await merge(LINEAR, { given: ['weight=0,1', 'take:y=ours'] });
    expect([values('x'), values('y')]).toEqual([[5, 6], [4]]);
  });

  test('a rule of the command line that matches nothing is refused', async () => {
    await expect(merge(LINEAR, { given: ['take:z=ours'] })).rejects.toMatchObject({
      code: 'MERGE_RULE_UNMATCHED',
    });
  });

  test('says what it would do, and does nothing', async () => {
    const preview = await previewFolderMerge(nodePorts(), request(LINEAR));
    expect(preview).toMatchObject({
      method: 'linear',
      models: ['a', 'b'],
      read: 24,
      files: [{ name: 'model.safetensors' }],
    });
    expect(preview.tensors[0]).toMatchObject({
      name: 'x',
      action: 'compute',
      inputs: ['a:x', 'b:x'],
      parameters: { weight: [3, 1] },
    });
    expect(readdirSync(cwd).sort()).toEqual(['a', 'b', 'recipe.yaml']);
  });
});

describe('what does not fit is refused, and nothing is left', () => {
  const LINEAR = 'merge_method: linear\nmodels: [{ model: a }, { model: b }]';
  const refusal = async (
    a: Record<string, FolderTensor>,
    b: Record<string, FolderTensor>,
    files: [object, object] = [{}, {}],
  ) => {
    writeModelFolder(join(cwd, 'a'), a, files[0] as Record<string, unknown>);
    writeModelFolder(join(cwd, 'b'), b, files[1] as Record<string, unknown>);
    const error = await merge(LINEAR).then(
      () => 'accepted',
      (thrown: { code: string; message: string }) => `${thrown.code}: ${thrown.message}`,
    );
    expect(readdirSync(cwd).filter(name => name.includes('out'))).toEqual([]);
    return error;
  };

  test('tensors', async () => {
    expect(await refusal({ x: vector([1]), y: vector([1]) }, { x: vector([1]) })).toBe(
      'MERGE_TENSOR_MISSING: missing: y in b',
    );
    expect(await refusal({ x: vector([1]) }, { x: vector([1, 2]) })).toBe(
      'MERGE_SHAPE_DIFFERS: x is [1] in a and [2] in b',
    );
    expect(await refusal({ x: vector([1, NaN]) }, { x: vector([Infinity, 2]) })).toBe(
      'MERGE_NON_FINITE: NaN or infinity in x: 1 in a, 1 in b',
    );
    expect(await refusal({ x: vector([1], 'I64') }, { x: vector([2], 'I64') })).toBe(
      'MERGE_NOT_A_FLOAT: x is I64, which has no average, and differs in a and b',
    );
    expect(await refusal({ x: vector([1], 'I64') }, { x: vector([2]) })).toBe(
      'MERGE_DTYPE_DIFFERS: x is I64 here and F32 there',
    );
  });

  test('architectures and models', async () => {
    const config = (type: string) => ({ 'config.json': { model_type: type } });
    expect(await refusal({ x: vector([1]) }, { x: vector([1]) }, [config('llama'), config('gpt2')])).toBe(
      'MERGE_ARCHITECTURE_DIFFERS: a is a llama and b a gpt2',
    );
    await expect(merge('merge_method: linear\nmodels: [{ model: org/name }]')).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
      hint: 'models of the Hugging Face Hub are downloaded first: hf download org/name --local-dir org/name',
    });
    await expect(merge('merge_method: task_arithmetic\nmodels: [{ model: a }]')).rejects.toMatchObject({
      code: 'MERGE_BASE_REQUIRED',
    });
    await expect(
      merge('merge_method: linear\nmodels: [{ model: a }]\nparameters: { wieght: 1 }'),
    ).rejects.toMatchObject({ code: 'MERGE_PARAMETER_UNKNOWN' });
  });
});

test('tensors that not all models have may be left out, or merged from those that have them', async () => {
  const LINEAR = 'merge_method: linear\nmodels: [{ model: a }, { model: b }]';
  writeModelFolder(join(cwd, 'a'), { x: vector([1]), y: vector([3]) });
  writeModelFolder(join(cwd, 'b'), { x: vector([3]) });
  await merge(LINEAR, { missing: 'leave-out' });
  expect([values('x'), values('y')]).toEqual([[2], []]);
  await merge(LINEAR, { missing: 'merge-present', force: true });
  expect([values('x'), values('y')]).toEqual([[2], [3]]);
});

test('the counter of a batch normalisation is that of the first model', async () => {
  const counted = (batches: number) => ({
    'bn.num_batches_tracked': vector([batches], 'I64'),
    x: vector([batches]),
  });
  writeModelFolder(join(cwd, 'a'), counted(5));
  writeModelFolder(join(cwd, 'b'), counted(7));
  await merge('merge_method: linear\nmodels: [{ model: a }, { model: b }]');
  const [merged, first] = ['out', 'a'].map(folder =>
    readTensors(readFileSync(join(cwd, folder, 'model.safetensors'))).get('bn.num_batches_tracked'),
  );
  expect(merged).toEqual(first);
  expect(values('x')).toEqual([6]);
});

test('integers that all have are kept, and mixed dtypes are widened', async () => {
  writeModelFolder(join(cwd, 'a'), { n: vector([7], 'I64'), x: vector([1], 'BF16') });
  writeModelFolder(join(cwd, 'b'), { n: vector([7], 'I64'), x: vector([1 + 2 ** -12]) });
  const recipe = 'merge_method: linear\nmodels: [{ model: a }, { model: b }]\n';
  await merge(recipe);
  const tensors = readTensors(read('model.safetensors'));
  expect(tensors.get('n')?.dtype).toBe('I64');
  expect([tensors.get('x')?.dtype, values('x')]).toEqual(['F32', [1 + 2 ** -13]]);
  await merge(`${recipe}dtype: float16\nout_dtype: bfloat16`, { force: true });
  expect([readTensors(read('model.safetensors')).get('x')?.dtype, values('x')]).toEqual(['BF16', [1]]);
});

describe('embeddings', () => {
  const rows = (...values: number[]): FolderTensor => ({ shape: [values.length, 1], values });

  test('with different numbers of rows are merged in those that all have, with a warning', async () => {
    const files = { 'config.json': { vocab_size: 3 } };
    writeModelFolder(join(cwd, 'a'), { 'model.embed_tokens.weight': rows(1, 2, 3) }, files);
    writeModelFolder(
      join(cwd, 'b'),
      { 'model.embed_tokens.weight': rows(3, 4) },
      { 'config.json': { vocab_size: 2 } },
    );
    await merge('merge_method: linear\nmodels: [{ model: a }, { model: b }]');
    expect(values('model.embed_tokens.weight')).toEqual([2, 3]);
    expect([warnings(), config().vocab_size]).toEqual([['ROWS_DIFFER'], 2]);
  });

  test('a head that is tied in one model is its embedding there, and untied in the result', async () => {
    const tied = { 'config.json': { tie_word_embeddings: true } };
    writeModelFolder(join(cwd, 'a'), { 'model.embed_tokens.weight': rows(1, 2) }, tied);
    const untied = { 'model.embed_tokens.weight': rows(3, 4), 'lm_head.weight': rows(5, 6) };
    writeModelFolder(join(cwd, 'b'), untied, { 'config.json': { tie_word_embeddings: false } });
    await merge('merge_method: linear\nmodels: [{ model: a }, { model: b }]');
    expect(values('lm_head.weight')).toEqual([3, 4]);
    expect(config().tie_word_embeddings).toBe(false);
  });

  test('padding is the mean of the rows that have a token', async () => {
    const files = { 'tokenizer.json': wordTokenizer(['<unk>', 'a', 'b']), 'config.json': { vocab_size: 3 } };
    writeModelFolder(join(cwd, 'a'), { 'model.embed_tokens.weight': rows(1, 2, 6), other: rows(1) }, files);
    await merge(
      'merge_method: linear\nmodels: [{ model: a }]\ntokenizer: { source: base, pad_to_multiple_of: 4 }',
    );
    expect([values('model.embed_tokens.weight'), config().vocab_size]).toEqual([[1, 2, 6, 3], 4]);
  });
});

describe('own recipes', () => {
  test('rules choose another method, or take one side', async () => {
    writeModelFolder(join(cwd, 'base'), { 'a.norm': vector([1]), b: vector([1]), c: vector([1]) });
    writeModelFolder(join(cwd, 'left'), { 'a.norm': vector([3]), b: vector([3]), c: vector([3]) });
    writeModelFolder(join(cwd, 'right'), { 'a.norm': vector([5]), b: vector([5]), c: vector([5]) });
    await merge(`
version: 1
base: base
models: [left, right]
method: task_arithmetic
parameters: { weight: [1, 0.5] }
rules: [{ match: "*.norm", method: linear, parameters: { weight: [1, 3] } }, { match: c, take: theirs }]
`);
    expect([values('a.norm'), values('b'), values('c')]).toEqual([[4.5], [5], [5]]);
    expect(readdirSync(join(cwd, 'out'))).toContain('mgit_recipe.yml');
  });
});

describe('frankenmerges', () => {
  const llama = (offset: number, layers: number): Record<string, FolderTensor> => ({
    'model.embed_tokens.weight': { shape: [2, 1], values: [offset, offset] },
    ...Object.fromEntries(
      Array.from({ length: layers }, (_, layer) => [
        `model.layers.${layer}.mlp.weight`,
        vector([offset + layer]),
      ]),
    ),
    'model.norm.weight': vector([offset]),
  });

  test('layers are stacked and renumbered, and the config says so', async () => {
    const config1 = { model_type: 'llama', num_hidden_layers: 3, layer_types: ['a0', 'a1', 'a2'] };
    const config2 = { ...config1, layer_types: ['b0', 'b1', 'b2'] };
    writeModelFolder(join(cwd, 'a'), llama(10, 3), { 'config.json': config1 });
    writeModelFolder(join(cwd, 'b'), llama(20, 3), { 'config.json': config2 });
    await merge(`
merge_method: linear
slices:
  - sources: [{ model: a, layer_range: [0, 2] }]
  - sources: [{ model: b, layer_range: [1, 3] }]
`);
    const layers = [0, 1, 2, 3].map(layer => values(`model.layers.${layer}.mlp.weight`)[0]);
    expect(layers).toEqual([10, 11, 21, 22]);
    expect([values('model.embed_tokens.weight')[0], values('model.norm.weight')[0]]).toEqual([10, 20]);
    expect(config()).toMatchObject({ num_hidden_layers: 4, layer_types: ['a0', 'a1', 'b1', 'b2'] });
  });

  test('all layers of two models may be a slice: the base is a source, and the first model', async () => {
    writeModelFolder(join(cwd, 'a'), llama(1, 2));
    writeModelFolder(join(cwd, 'b'), llama(5, 2));
    await merge(`
slices:
  - sources:
      - { model: b, layer_range: [0, 2] }
      - { model: a, layer_range: [0, 2] }
merge_method: slerp
base_model: a
parameters:
  t:
    - { filter: mlp, value: [0, 1] }
    - { value: 0.5 }
`);
    expect([0, 1].map(layer => values(`model.layers.${layer}.mlp.weight`)[0])).toEqual([1, 6]);
    expect(values('model.norm.weight')).toEqual([3]);
  });

  test('a gradient runs over the layers, a filter picks tensors', async () => {
    writeModelFolder(join(cwd, 'a'), llama(0, 3));
    writeModelFolder(join(cwd, 'b'), llama(100, 3));
    await merge(`
merge_method: linear
models:
  - { model: a, parameters: { weight: [{ filter: mlp, value: [1, 0] }, { value: 1 }] } }
  - { model: b, parameters: { weight: [{ filter: mlp, value: [0, 1] }, { value: 0 }] } }
`);
    expect([0, 1, 2].map(layer => values(`model.layers.${layer}.mlp.weight`)[0])).toEqual([0, 51, 102]);
    expect(values('model.norm.weight')).toEqual([0]);
  });
});

test('a matrix that the method cannot take apart is refused by name before anything is read', async () => {
  const shape = [4097, 4097];
  const tensor = { name: 'head.weight', dtype: 'F8_E4M3' as const, shape, data: Buffer.alloc(4097 * 4097) };
  for (const name of ['base', 'a', 'b'])
    writeFileSync(join(cwd, `${name}.safetensors`), safetensorsFile([tensor]));
  const recipe =
    'merge_method: iso_c\nbase_model: base.safetensors\nmodels: [{ model: a.safetensors }, { model: b.safetensors }]\n';
  await expect(merge(recipe)).rejects.toMatchObject({
    code: 'MERGE_MATRIX_TOO_LARGE',
    message: expect.stringContaining('tensor head.weight'),
  });
});
