import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MgitError } from '../../src/base/errors.ts';
import { memoryByteSource } from '../../src/formats/byte-source.ts';
import type { CheckpointLayout } from '../../src/formats/checkpoint.ts';
import { detectFormat } from '../../src/formats/registry.ts';
import { coverageGap } from '../../src/store/manifest/coverage.ts';
import { spanColumns } from '../../src/store/manifest/span-columns.ts';
import { sharedData } from '../testkit/shared-data.ts';
import { testStore } from '../testkit/stores.ts';

async function layoutOf(bytes: Uint8Array): Promise<CheckpointLayout> {
  const source = memoryByteSource(bytes);
  return (await detectFormat(source)).parse(source);
}

/** Digests of the tensor extents that have bytes. */
async function digestsOf(...path: string[]): Promise<ReadonlySet<string>> {
  const bytes = readFileSync(sharedData('models', ...path));
  const { extents } = await layoutOf(bytes);
  return new Set(
    extents
      .filter(({ role, length }) => role === 'tensor' && length > 0)
      .map(({ offset, length }) =>
        createHash('sha256')
          .update(bytes.subarray(offset, offset + length))
          .digest('hex'),
      ),
  );
}

const shared = (left: ReadonlySet<string>, right: ReadonlySet<string>): number =>
  [...left].filter(digest => right.has(digest)).length;

const MODELS = globSync('**/*.{pt,pth,th,bin,ckpt,jit,tar,npy,npz,gguf,onnx}', {
  cwd: sharedData('models'),
}).sort();

test('real checkpoints of every kind: format and tensors', async () => {
  const table: Record<string, string> = {};
  for (const file of MODELS)
    table[file] = await layoutOf(readFileSync(sharedData('models', file))).then(
      ({ format, tensors }) => `${format} ${tensors.length}`,
      error => error.code,
    );
  expect(table).toMatchSnapshot();
});

test('every one of them comes back byte for byte', async () => {
  await using world = await testStore();
  for (const file of MODELS) {
    const bytes = readFileSync(sharedData('models', file));
    const layout = await layoutOf(bytes).catch(() => undefined);
    if (!layout) continue;
    const { manifest } = await world.store.addFile(memoryByteSource(bytes), layout);
    const restored = join(world.path, 'restored');
    await world.store.restoreFile(manifest, restored);
    expect(readFileSync(restored).equals(bytes), file).toBe(true);
  }
});

test('the tensors of one model are the same in whatever format', async () => {
  const onnx = await digestsOf('silero-vad', 'silero_vad_16k_op15_v6.0.onnx');
  const script = await digestsOf('silero-vad', 'silero_vad_v6.0.jit');
  const weights = await digestsOf('silero-vad', 'silero_vad_16k.safetensors');
  expect(shared(script, onnx)).toBeGreaterThanOrEqual(15);
  expect(shared(weights, script)).toBeGreaterThan(0);
  const lightning = await digestsOf('chemprop', 'example_model_v2_regression_mol.ckpt');
  const exported = await digestsOf('chemprop', 'example_model_v2_regression_mol.pt');
  expect(shared(exported, lightning)).toBe(exported.size);
});

test("a Lightning checkpoint: weights and the optimiser's state are tensors, by their names", async () => {
  const { tensors } = await layoutOf(
    readFileSync(sharedData('models', 'chemprop', 'example_model_v2_regression_mol.ckpt')),
  );
  const names = tensors.map(({ name }) => name);
  const of = (pattern: RegExp): number => names.filter(name => pattern.test(name)).length;
  expect({
    weights: of(/^state_dict\./),
    first: of(/^optimizer_states\.0\.state\.\d+\.exp_avg$/),
    second: of(/^optimizer_states\.0\.state\.\d+\.exp_avg_sq$/),
    steps: of(/^optimizer_states\.0\.state\.\d+\.step$/),
  }).toMatchInlineSnapshot(`
    {
      "first": 10,
      "second": 10,
      "steps": 10,
      "weights": 16,
    }
  `);
});

/** One small file of every format. */
const SMALL = [
  'candle/fortran_tensor_3d.pth',
  'burn/reader/legacy_shared_storage.pt',
  'burn/reader/tar_multi_dtype.tar',
  'candle/test.npy',
  'candle/test.npz',
  'gguf/test-be-v3.gguf',
  'onnx-small/onnx/test_Conv1d/model.onnx',
  'onnx-small/tract/qlstm_3-2-3_T3_S1/model.onnx',
];

test.each(SMALL)(
  '%s, cut off or damaged anywhere, gives a layout that covers it or a coded error',
  async file => {
    const whole = readFileSync(sharedData('models', file));
    const step = Math.max(1, Math.floor(whole.length / 400));
    for (let at = 0; at < whole.length; at += step)
      for (const change of [0x01, 0x80, 0xff]) {
        const bytes = Buffer.from(whole);
        bytes[at] = (bytes[at] ?? 0) ^ change;
        await expectLayoutOrCode(bytes);
      }
    for (let length = 0; length < whole.length; length += step)
      await expectLayoutOrCode(whole.subarray(0, length));
  },
);

async function expectLayoutOrCode(bytes: Uint8Array): Promise<void> {
  const result = await layoutOf(bytes).catch((error: unknown) => error);
  if (result instanceof Error) expect(result).toBeInstanceOf(MgitError);
  else expect(coverageGap(spanColumns((result as CheckpointLayout).extents), bytes.length)).toBeUndefined();
}
