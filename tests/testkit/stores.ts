import { join } from 'node:path';
import type { Ports } from '../../src/base/ports/ports.ts';
import type { CheckpointLayout, ExtentSpan, TensorView } from '../../src/formats/checkpoint.ts';
import { openTensorStore } from '../../src/store/open-tensor-store.ts';
import type { EvaluateRecipe } from '../../src/store/packs/records.ts';
import type { OpenStoreOptions } from '../../src/store/store-parts.ts';
import type { TensorStore } from '../../src/store/tensor-store.ts';
import { byteLength, type Dtype } from '../../src/tensor/dtype.ts';
import { type TemporaryDirectory, temporaryDirectory, testPorts } from './world.ts';

/** A recipe method for tests: input 0 with every byte increased by `parameters.add`. */
export const addToBytes: EvaluateRecipe = async function* (recipe, read) {
  const add = Number(recipe.parameters.add);
  for (let at = 0; at < recipe.length; at += 1000) {
    const slice = await read(0, at, Math.min(1000, recipe.length - at));
    yield slice.map(byte => byte + add);
  }
};

/** A store in a temporary directory that is removed when the test ends (`await using`). */
export interface TestStore extends TemporaryDirectory {
  readonly store: TensorStore;
  readonly ports: Ports;
  /** Opens the same directory again, as another process would. */
  again(): TensorStore;
}

/** Opens an empty store. */
export async function testStore(options: Partial<OpenStoreOptions> = {}): Promise<TestStore> {
  const home = await temporaryDirectory();
  const ports = options.ports ?? testPorts(home.path);
  const opened: TensorStore[] = [];
  const again = (): TensorStore => {
    const directory = join(home.path, 'mgit');
    const store = openTensorStore({ directory, evaluateRecipe: addToBytes, ...options, ports });
    opened.push(store);
    return store;
  };
  return {
    path: home.path,
    ports,
    store: again(),
    again,
    [Symbol.asyncDispose]: async () => {
      for (const store of opened) await store.close();
      await home[Symbol.asyncDispose]();
    },
  };
}

/** A tensor's content for {@link modelFile}. */
export interface FileTensor {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** A file of a head and tensors one after the other, with its layout; a format of its own, so that tests need no reader. */
export function modelFile(tensors: readonly FileTensor[]): { bytes: Uint8Array; layout: CheckpointLayout } {
  const head = Buffer.from(`HEAD ${tensors.map(tensor => `${tensor.name}:${tensor.shape}`).join(' ')}\n`);
  const extents: ExtentSpan[] = [{ role: 'skeleton', offset: 0, length: head.length }];
  const views: TensorView[] = [];
  let offset = head.length;
  for (const { name, dtype, shape, data } of tensors) {
    if (byteLength(dtype, shape) !== data.length) throw new Error(`${name} has ${data.length} bytes`);
    const isRepeatedEmpty = data.length === 0 && extents.at(-1)?.length === 0;
    if (!isRepeatedEmpty) extents.push({ role: 'tensor', offset, length: data.length });
    views.push({ name, dtype, shape, offset, byteOrder: 'little' });
    offset += data.length;
  }
  const bytes = Buffer.concat([head, ...tensors.map(tensor => tensor.data)]);
  return { bytes, layout: { format: 'test', size: bytes.length, extents, tensors: views } };
}

/** Deterministic noise: no codec shrinks it. Source: xorshift32 (Marsaglia 2003). */
export function noise(length: number, seed = 1): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = seed * 0x9e3779b9 || 1;
  for (let at = 0; at < words.length; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[at] = state;
  }
  return new Uint8Array(words.buffer, 0, length);
}

/** Deterministic weights: F32 around zero, of the given scale. */
export function weights(count: number, seed = 1, scale = 0.02): Float32Array {
  const bits = new Uint32Array(noise(count * 8, seed).buffer, 0, count * 2);
  return Float32Array.from({ length: count }, (_, at) => {
    const u = ((bits[at * 2] ?? 0) + 1) / 4294967297;
    const v = (bits[at * 2 + 1] ?? 0) / 4294967296;
    return scale * Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v);
  });
}

/** The bytes of numbers. */
export function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Everything that a stream of slices yields. */
export async function collect(slices: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const slice of slices) parts.push(slice);
  return Buffer.concat(parts);
}

/** Everything that an iterable yields. */
export async function listOf<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}
