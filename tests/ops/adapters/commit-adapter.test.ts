import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { memoryByteSource } from '../../../src/formats/byte-source.ts';
import { safetensors } from '../../../src/formats/safetensors/format.ts';
import { lowRankReference, numbersOf, weightTensor, writeAdapter } from '../../testkit/adapter.ts';
import { encodeElements } from '../../testkit/float-elements.ts';
import { safetensorsFile, type TensorWithData } from '../../testkit/safetensors-file.ts';
import { type Scene, scene } from '../../testkit/scene.ts';
import { bytesOf } from '../../testkit/stores.ts';

const QUERY = weightTensor('body.layer.0.query.weight', [48, 32], 1);
const BIAS = weightTensor('body.layer.0.query.bias', [48], 2);
const EMBEDDING = weightTensor('body.embed.weight', [40, 32], 3);
const HEAD = weightTensor('head.weight', [4, 48], 4);
const BASE = [EMBEDDING, BIAS, QUERY, HEAD];

const LORA = { peft_type: 'LORA', r: 4, lora_alpha: 8, bias: 'none', target_modules: ['query'] };
const A = weightTensor('body.layer.0.query.lora_A.weight', [4, 32], 5);
const B = weightTensor('body.layer.0.query.lora_B.weight', [48, 4], 6);

/** A repository with a committed model. */
async function modelScene(tensors: readonly TensorWithData[] = BASE): Promise<Scene> {
  const day = await scene();
  await day.mgit('track', '*.safetensors');
  await day.write('model.safetensors', safetensorsFile(tensors, { format: 'pt' }));
  await day.mgit('add', '.');
  await day.mgit('commit', '-m', 'Base');
  return day;
}

/** The tensors of the work tree's model. */
async function tensorsIn(day: Scene, file = 'model.safetensors'): Promise<ReadonlyMap<string, Buffer>> {
  const bytes = await day.read(file);
  const layout = await safetensors.parse(memoryByteSource(bytes));
  const lengths = new Map(layout.extents.map(extent => [extent.offset, extent.length]));
  return new Map(
    layout.tensors.map(({ name, offset }) => [
      name,
      bytes.subarray(offset, offset + (lengths.get(offset) ?? 0)),
    ]),
  );
}

function product(scale: number, base = QUERY): Float32Array {
  const [a, b] = [numbersOf(A), numbersOf(B)];
  const left = (row: number, k: number): number => b[row * 4 + k] ?? 0;
  const right = (k: number, column: number): number => a[k * 32 + column] ?? 0;
  return lowRankReference(numbersOf(base), { left, right, rank: 4, scale }, 32);
}

const sameBytes = (found: Buffer | undefined, expected: Uint8Array): boolean =>
  found !== undefined && Buffer.compare(found, expected) === 0;

describe('a LoRA adapter', () => {
  test('is applied, committed and in the work tree; undo takes it back', async () => {
    await using day = await modelScene();
    const head = weightTensor('head.weight', [4, 48], 9);
    await writeAdapter(join(day.path, '../lora'), { ...LORA, modules_to_save: ['head'] }, [A, B, head]);
    const run = await day.attempt('commit', '--adapter', '../lora', '--json');
    expect(run.stderr).toBe('');
    expect(run.json()).toMatchObject({
      branch: 'main',
      changes: [{ path: 'model.safetensors', kind: 'modified' }],
      adapter: { type: 'LORA', model: 'model.safetensors', computed: 1, replaced: 1 },
    });
    const tensors = await tensorsIn(day);
    expect(sameBytes(tensors.get(QUERY.name), bytesOf(product(2)))).toBe(true);
    expect(sameBytes(tensors.get('head.weight'), head.data)).toBe(true);
    expect(sameBytes(tensors.get(EMBEDDING.name), EMBEDDING.data)).toBe(true);
    expect(await day.git('status', '--porcelain')).toBe('');
    expect(await day.git('log', '-1', '--format=%s')).toBe('Adapt model.safetensors with lora\n');
    await day.mgit('fsck');
    await day.mgit('undo');
    expect(await day.git('status', '--porcelain')).toBe('');
    expect(await day.read('model.safetensors')).toEqual(Buffer.from(safetensorsFile(BASE, { format: 'pt' })));
  });

  test.each([
    ['alpha of a pattern', { alpha_pattern: { 'layer.0.query': 2 } }, 0.5],
    ['a rank of a pattern', { r: 16, rank_pattern: { '.*query': 4 } }, 2],
    ['the root of the rank', { use_rslora: true }, 4],
  ])('is scaled by %s', async (_, settings, scale) => {
    await using day = await modelScene();
    await writeAdapter(join(day.path, '../lora'), { ...LORA, ...settings }, [A, B]);
    await day.mgit('commit', '--adapter', '../lora');
    expect(sameBytes((await tensorsIn(day)).get(QUERY.name), bytesOf(product(scale)))).toBe(true);
  });

  test('is turned for weights with inputs first, and for embeddings', async () => {
    const turned = weightTensor('body.layer.0.query.weight', [32, 48], 1);
    await using day = await modelScene([EMBEDDING, turned]);
    const names = ['body.embed.lora_embedding_A', 'body.embed.lora_embedding_B'] as const;
    const [ea, eb] = [weightTensor(names[0], [4, 40], 7), weightTensor(names[1], [32, 4], 8)];
    await writeAdapter(join(day.path, '../lora'), { ...LORA, fan_in_fan_out: true }, [A, B, ea, eb]);
    await day.mgit('commit', '--adapter', '../lora');
    const expected = (base: TensorWithData, a: TensorWithData, b: TensorWithData): Uint8Array => {
      const [rows, columns] = base.shape as [number, number];
      const [an, bn] = [numbersOf(a), numbersOf(b)];
      const left = (row: number, k: number): number => an[k * rows + row] ?? 0;
      const right = (k: number, column: number): number => bn[column * 4 + k] ?? 0;
      return bytesOf(lowRankReference(numbersOf(base), { left, right, rank: 4, scale: 2 }, columns));
    };
    const tensors = await tensorsIn(day);
    expect(sameBytes(tensors.get(turned.name), expected(turned, A, B))).toBe(true);
    expect(sameBytes(tensors.get(EMBEDDING.name), expected(EMBEDDING, ea, eb))).toBe(true);
  });

  test('keeps the dtype of the checkpoint, fits a checkpoint of the body alone, and brings its new head', async () => {
    const rounded = (tensor: TensorWithData): TensorWithData => ({
      ...tensor,
      name: tensor.name.replace('body.', ''),
      dtype: 'BF16',
      data: encodeElements('BF16', [...numbersOf(tensor)]),
    });
    await using day = await modelScene([rounded(BIAS), rounded(QUERY)]);
    const bias = weightTensor('body.layer.0.query.base_layer.bias', [48], 9);
    await writeAdapter(join(day.path, '../lora'), { ...LORA, bias: 'all' }, [A, B, bias, HEAD]);
    await day.mgit('commit', '--adapter', '../lora');
    const tensors = await tensorsIn(day);
    const wide = { ...QUERY, data: bytesOf(widened(rounded(QUERY).data)) };
    const adapted = encodeElements('BF16', [...product(2, wide)]);
    expect(sameBytes(tensors.get('layer.0.query.weight'), adapted)).toBe(true);
    expect(sameBytes(tensors.get('layer.0.query.bias'), rounded(bias).data)).toBe(true);
    expect(sameBytes(tensors.get('head.weight'), HEAD.data)).toBe(true);
    await day.mgit('fsck');
  });
});

function widened(bf16: Uint8Array): Float32Array {
  const words = new Uint16Array(Uint8Array.from(bf16).buffer);
  return new Float32Array(Uint32Array.from(words, word => word * 0x10000).buffer);
}

describe('an IA3 adapter', () => {
  test('scales outputs with their bias, and inputs of feed-forward modules', async () => {
    const up = weightTensor('body.layer.0.up.weight', [24, 32], 10);
    await using day = await modelScene([...BASE, up]);
    const outputs = weightTensor('body.layer.0.query.ia3_l', [48, 1], 11);
    const inputs = weightTensor('body.layer.0.up.ia3_l', [1, 32], 12);
    const config = { peft_type: 'IA3', target_modules: ['query', 'up'], feedforward_modules: ['up'] };
    await writeAdapter(join(day.path, '../ia3'), config, [outputs, inputs]);
    await day.mgit('commit', '--adapter', '../ia3', '-m', 'Scale');
    const tensors = await tensorsIn(day);
    const scaled = (base: TensorWithData, by: (at: number) => number | undefined): Uint8Array =>
      bytesOf(numbersOf(base).map((value, at) => value * (by(at) ?? 0)));
    const [o, i] = [numbersOf(outputs), numbersOf(inputs)];
    expect(
      sameBytes(
        tensors.get(QUERY.name),
        scaled(QUERY, at => o[Math.floor(at / 32)]),
      ),
    ).toBe(true);
    expect(
      sameBytes(
        tensors.get(BIAS.name),
        scaled(BIAS, at => o[at]),
      ),
    ).toBe(true);
    expect(
      sameBytes(
        tensors.get(up.name),
        scaled(up, at => i[at % 32]),
      ),
    ).toBe(true);
  });
});

describe('nothing changes where', () => {
  test.each([
    ['DoRA', { ...LORA, use_dora: true }, [A, B], 'ADAPTER_UNSUPPORTED', 'use_dora'],
    ['PiSSA', { ...LORA, init_lora_weights: 'pissa' }, [A, B], 'ADAPTER_UNSUPPORTED', 'pissa'],
    ['another type', { peft_type: 'LOHA' }, [A, B], 'ADAPTER_UNSUPPORTED', 'LOHA'],
    ['a setting of tomorrow', { ...LORA, use_magic: 3 }, [A, B], 'ADAPTER_UNSUPPORTED', 'use_magic'],
    [
      'an expression',
      { ...LORA, alpha_pattern: { '(a+)+': 2 } },
      [A, B],
      'ADAPTER_UNSUPPORTED',
      'alpha_pattern',
    ],
    ['a lone factor', LORA, [A], 'ADAPTER_INVALID', 'only one'],
    ['another rank', { ...LORA, r: 8 }, [A, B], 'ADAPTER_INVALID', 'rank 4'],
    [
      'another model',
      LORA,
      [
        { ...A, name: 'x.lora_A.weight' },
        { ...B, name: 'x.lora_B.weight' },
      ],
      'ADAPTER_MISMATCH',
      'x.weight',
    ],
    [
      'another shape',
      LORA,
      [A, { ...B, shape: [24, 4], data: B.data.slice(0, 384) }],
      'ADAPTER_MISMATCH',
      '[48,32]',
    ],
  ] as const)('%s is refused by name', async (_, config, tensors, code, name) => {
    await using day = await modelScene();
    await writeAdapter(join(day.path, '../adapter'), config, tensors);
    const { stderr, exitCode } = await day.attempt('commit', '--adapter', '../adapter');
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`error[${code}]`);
    expect(stderr).toContain(name);
    expect(await day.git('status', '--porcelain')).toBe('');
  });

  test('the model has local changes, something is staged, or a hook refuses', async () => {
    await using day = await modelScene();
    await writeAdapter(join(day.path, '../lora'), LORA, [A, B]);
    await day.write('model.safetensors', safetensorsFile([QUERY]));
    expect((await day.attempt('commit', '--adapter', '../lora')).stderr).toContain('error[LOCAL_CHANGES]');
    await day.mgit('restore', 'model.safetensors');
    await day.write('notes', 'x');
    await day.mgit('add', 'notes');
    expect((await day.attempt('commit', '--adapter', '../lora')).stderr).toContain('error[LOCAL_CHANGES]');
    await day.mgit('commit', '-m', 'Notes');
    await day.write('.git/hooks/commit-msg', '#!/bin/sh\nexit 1\n');
    await day.git('config', 'core.hooksPath', '.git/hooks');
    await chmod(join(day.path, '.git/hooks/commit-msg'), 0o755);
    expect((await day.attempt('commit', '--adapter', '../lora')).stderr).toContain('error[HOOK_FAILED]');
    expect(await day.git('status', '--porcelain')).toBe('');
    expect(sameBytes((await tensorsIn(day)).get(QUERY.name), QUERY.data)).toBe(true);
    expect(await day.git('log', '-1', '--format=%s')).toBe('Notes\n');
  });

  test('there are several models and none is named', async () => {
    await using day = await modelScene();
    await writeAdapter(join(day.path, '../lora'), LORA, [A, B]);
    await day.write('other.safetensors', safetensorsFile(BASE));
    await day.mgit('add', '.');
    await day.mgit('commit', '-m', 'Two');
    expect((await day.attempt('commit', '--adapter', '../lora')).stderr).toContain('error[MODEL_AMBIGUOUS]');
    await day.mgit('commit', '--adapter', '../lora', '--model', 'other.safetensors');
    expect(sameBytes((await tensorsIn(day)).get(QUERY.name), QUERY.data)).toBe(true);
    expect(sameBytes((await tensorsIn(day, 'other.safetensors')).get(QUERY.name), bytesOf(product(2)))).toBe(
      true,
    );
  });
});
