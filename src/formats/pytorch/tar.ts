import { bitsOf, type Dtype } from '../../tensor/dtype.ts';
import { viewSpan } from '../../tensor/view-span.ts';
import type { ByteSource, CheckpointFormat, TensorView } from '../checkpoint.ts';
import { coverFile } from '../cover-file.ts';
import { findNamed } from '../pickle/find-named.ts';
import { readPickleAt } from '../pickle/read-pickle.ts';
import { globalName, isKind, type PickleValue } from '../pickle/values.ts';
import { beginsWithMember, readTar, type TarFile } from '../tar/read-tar.ts';
import { type PlacedStorage, placeTensors } from './place-tensors.ts';
import { pytorchInvalid } from './pytorch-error.ts';
import { dtypeOfStorage } from './storage-types.ts';

/** Tensors and storages in one file: more would be an attack. */
const MOST_ITEMS = 1_000_000;
const MOST_DIMENSIONS = 64;

/**
 * What `torch.save` wrote before 0.1.10: a tar archive with the members `sys_info`, `storages`, `tensors` and `pickle`. Source: `legacy_load` in
 * `torch/serialization.py`.
 */
export const pytorchTar: CheckpointFormat = {
  name: 'pytorch-tar',
  detect: looksLikePytorchTar,
  parse: async source => {
    const files = new Map((await readTar(source)).map(file => [file.name, file]));
    const storages = await readStorages(source, member(files, 'storages'));
    const views = await readTensors(source, files.get('tensors'), storages);
    const { value } = await readPickleAt(source, member(files, 'pickle').offset);
    const find = (key: string): PlacedStorage => storages.get(key) ?? missing(key);
    const tensors = [
      ...findNamed(value, reference => viewOf(reference, views)).map(({ name, found }) => ({
        ...found,
        name,
      })),
      ...placeTensors(value, { byteOrder: 'little', find }),
    ];
    return { format: 'pytorch-tar', size: source.size, extents: coverFile(source.size, tensors), tensors };
  },
};

/** True for a file that begins with one of the members, as the archive does. */
export function looksLikePytorchTar(head: Uint8Array): boolean {
  return ['sys_info', 'pickle', 'storages', 'tensors'].some(name => beginsWithMember(head, name));
}

type View = Omit<TensorView, 'name'>;
type Storage = PlacedStorage & { readonly dtype: Dtype };

function member(files: ReadonlyMap<string, TarFile>, name: string): TarFile {
  const file = files.get(name);
  if (!file) throw pytorchInvalid(`its member ${name} is missing`);
  return file;
}

/** A count, then for each storage `(key, location, class)`, its number of elements and its bytes. */
async function readStorages(source: ByteSource, file: TarFile): Promise<ReadonlyMap<string, Storage>> {
  const storages = new Map<string, Storage>();
  let { at, count } = await readCount(source, file);
  for (; count > 0; count--) {
    const { value, end } = await readPickleAt(source, at);
    const [key, , storageClass] = isKind(value, 'tuple') ? value.items : [];
    const dtype = dtypeOfStorage(globalName(storageClass) ?? '');
    if (key === undefined || !dtype) throw pytorchInvalid('a storage has no type');
    const [elements = 0] = await readNumbers(source, file, { at: end, count: 1 });
    const length = (elements * bitsOf(dtype)) / 8;
    if (end + 8 + length > file.offset + file.length) throw pytorchInvalid('its storages end too early');
    storages.set(keyText(key), { dtype, offset: end + 8, length });
    at = end + 8 + length;
  }
  return storages;
}

/** A count, then for each tensor `(key, storage, class)`, its dimensions, sizes, strides and offset. Where the member is missing, the pickle describes the tensors. */
async function readTensors(
  source: ByteSource,
  file: TarFile | undefined,
  storages: ReadonlyMap<string, Storage>,
): Promise<ReadonlyMap<string, View>> {
  const views = new Map<string, View>();
  if (!file) return views;
  let { at, count } = await readCount(source, file);
  for (; count > 0; count--) {
    const { value, end } = await readPickleAt(source, at);
    const [key, storageKey] = isKind(value, 'tuple') ? value.items : [];
    const storage = storages.get(keyText(storageKey));
    if (key === undefined || !storage) throw pytorchInvalid('a tensor has no storage');
    const [dimensions = 0] = await readNumbers(source, file, { at: end, count: 1 });
    if (dimensions > MOST_DIMENSIONS) throw pytorchInvalid(`a tensor has ${dimensions} dimensions`);
    const numbers = await readNumbers(source, file, { at: end + 8, count: 2 * dimensions + 1 });
    views.set(keyText(key), viewOn(storage, numbers, dimensions));
    at = end + 8 * (2 * dimensions + 2);
  }
  return views;
}

function viewOn(storage: Storage, numbers: readonly number[], dimensions: number): View {
  const { dtype } = storage;
  const [shape, strides] = [numbers.slice(0, dimensions), numbers.slice(dimensions, 2 * dimensions)];
  const start = ((numbers[2 * dimensions] ?? 0) * bitsOf(dtype)) / 8;
  if (start + viewSpan({ dtype, shape, strides }) > storage.length)
    throw pytorchInvalid('a tensor lies outside its storage');
  return { dtype, shape, strides, offset: storage.offset + start, byteOrder: 'little' };
}

function viewOf(value: PickleValue, views: ReadonlyMap<string, View>): View | undefined {
  return isKind(value, 'persistent') ? views.get(keyText(value.id)) : undefined;
}

async function readCount(source: ByteSource, file: TarFile): Promise<{ at: number; count: number }> {
  const { value, end } = await readPickleAt(source, file.offset);
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > MOST_ITEMS)
    throw pytorchInvalid(`its member ${file.name} has no number of items`);
  return { at: end, count: value };
}

/** 64-bit numbers, little-endian; the number of dimensions has 32 bits and 32 of padding. */
async function readNumbers(
  source: ByteSource,
  file: TarFile,
  { at, count }: { readonly at: number; readonly count: number },
): Promise<readonly number[]> {
  if (at + 8 * count > file.offset + file.length)
    throw pytorchInvalid(`its member ${file.name} ends too early`);
  const bytes = Buffer.from(await source.read(at, 8 * count));
  return Array.from({ length: count }, (_, i) => {
    const value = bytes.readBigUInt64LE(8 * i);
    if (value > BigInt(source.size)) throw pytorchInvalid(`the number ${value} makes no sense`);
    return Number(value);
  });
}

function missing(key: string): never {
  throw pytorchInvalid(`the storage ${JSON.stringify(key.slice(0, 200))} is missing`);
}

function keyText(key: PickleValue | undefined): string {
  return typeof key === 'object' || key === undefined ? '' : String(key);
}
