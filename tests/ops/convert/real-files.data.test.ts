import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { MgitError } from '../../../src/base/errors.ts';
import { nodeFileSystem } from '../../../src/base/ports/node-file-system.ts';
import { memoryByteSource } from '../../../src/formats/byte-source.ts';
import { detectFormat } from '../../../src/formats/registry.ts';
import { writerOf } from '../../../src/formats/write/registry.ts';
import { planConversion } from '../../../src/ops/convert/convert.ts';
import { openFileModel } from '../../../src/ops/convert/file-model.ts';
import type { ReadableModel } from '../../../src/ops/convert/readable-model.ts';
import type { AddFileResult, TensorStore } from '../../../src/store/tensor-store.ts';
import { sharedData } from '../../testkit/shared-data.ts';
import { testStore } from '../../testkit/stores.ts';
import { temporaryDirectory } from '../../testkit/world.ts';

const ENDINGS = 'safetensors,pt,pth,th,bin,ckpt,jit,tar,npy,npz,gguf,onnx';

async function identities(model: ReadableModel): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { name, dtype, shape, bytes } of model.tensors) {
    const hash = createHash('sha256');
    for await (const slice of bytes({})) hash.update(slice);
    found.push(`${name} ${dtype} [${shape}] ${hash.digest('hex')}`);
  }
  return found.sort();
}

/** What becomes of a file as PyTorch's: `equal`, or the code of why not. */
async function throughPytorch(path: string, folder: string): Promise<string> {
  try {
    await using model = await openFileModel(nodeFileSystem(), path);
    const { size, bytes } = await planConversion(model, { writer: writerOf('pytorch'), tensors: ['**'] }, {});
    const file = Buffer.alloc(size);
    for await (const piece of bytes()) file.set(piece.bytes, piece.offset);
    const target = join(folder, `${basename(path)}.pt`);
    await writeFile(target, file);
    await using back = await openFileModel(nodeFileSystem(), target);
    expect(await identities(back), path).toEqual(await identities(model));
    return 'equal';
  } catch (error) {
    if (error instanceof MgitError) return error.code;
    throw error;
  }
}

test('every real model becomes a PyTorch file with the same tensors, or says why not', async () => {
  await using home = await temporaryDirectory();
  const root = sharedData('models');
  const refused: Record<string, string> = {};
  let equal = 0;
  for (const file of globSync(`**/*.{${ENDINGS}}`, { cwd: root }).sort()) {
    const outcome = await throughPytorch(join(root, file), home.path);
    if (outcome === 'equal') equal++;
    else refused[file] = outcome;
  }
  expect(refused).toMatchInlineSnapshot(`
    {
      "gguf/for-tests-ggml-tiny.bin": "FORMAT_UNKNOWN",
      "gguf/ggml-vocab-bert-bge.gguf": "TENSOR_UNKNOWN",
      "gguf/ggml-vocab-gpt-2.gguf": "TENSOR_UNKNOWN",
      "gguf/ggml-vocab-llama-spm.gguf": "TENSOR_UNKNOWN",
      "onnx-small/tract/linear_classifier/model.onnx": "TENSOR_UNKNOWN",
      "onnx-small/tract/xgboost_classifier_tree/model.onnx": "TENSOR_UNKNOWN",
      "peft-lora-mrpc/checkpoint-460/scheduler.pt": "TENSOR_UNKNOWN",
      "peft-lora-mrpc/checkpoint-460/training_args.bin": "TENSOR_UNKNOWN",
      "stories260K/stories260K.bin": "FORMAT_UNKNOWN",
      "tch-rs/foo1.pt": "TENSOR_UNKNOWN",
      "tch-rs/foo2.pt": "TENSOR_UNKNOWN",
      "tch-rs/foo3.pt": "TENSOR_UNKNOWN",
      "tch-rs/foo4.pt": "TENSOR_UNKNOWN",
      "tch-rs/foo5.pt": "TENSOR_UNKNOWN",
      "tch-rs/foo6.pt": "TENSOR_UNKNOWN",
      "tch-rs/foo7.pt": "TENSOR_UNKNOWN",
      "tch-rs/foo8.pt": "TENSOR_UNKNOWN",
    }
  `);
  expect(equal).toBeGreaterThan(100);
});

async function added(store: TensorStore, ...path: string[]): Promise<AddFileResult> {
  const source = memoryByteSource(readFileSync(sharedData('models', ...path)));
  return store.addFile(source, await (await detectFormat(source)).parse(source));
}

const skeletonBytes = ({ manifest }: AddFileResult): number =>
  manifest.extents.filter(({ role }) => role === 'skeleton').reduce((sum, { length }) => sum + length, 0);

test("silero's ONNX adds its skeleton and its graph's constants to a store that has the TorchScript file of that version, and no weights", async () => {
  await using world = await testStore();
  const script = await added(world.store, 'silero-vad', 'silero_vad_v6.0.jit');
  const onnx = await added(world.store, 'silero-vad', 'silero_vad_16k_op15_v6.0.onnx');
  const known = new Set(script.manifest.extents.map(({ digest }) => digest));
  const foreign = onnx.manifest.tensors.filter(({ extent }) => !known.has(extent.digest));
  expect(foreign.filter(({ name }) => !name.endsWith('.value'))).toEqual([]); // But for constants of the graph.
  const constants = foreign.reduce((sum, { extent }) => sum + extent.length, 0);
  expect(constants).toBeLessThan(2048);
  expect(onnx.newBytes).toBeLessThanOrEqual(skeletonBytes(onnx) + constants);
});

test('the weights exported from a Lightning checkpoint add only their skeleton to it', async () => {
  await using world = await testStore();
  await added(world.store, 'chemprop', 'example_model_v2_regression_mol.ckpt');
  const exported = await added(world.store, 'chemprop', 'example_model_v2_regression_mol.pt');
  expect(exported.newBytes).toBeLessThanOrEqual(skeletonBytes(exported));
});
