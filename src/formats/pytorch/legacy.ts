import { bitsOf } from '../../tensor/dtype.ts';
import type { ByteSource, CheckpointFormat } from '../checkpoint.ts';
import { coverFile } from '../cover-file.ts';
import { findNamed } from '../pickle/find-named.ts';
import { readPickleAt } from '../pickle/read-pickle.ts';
import { entriesOf, isKind, type PickleValue } from '../pickle/values.ts';
import { type PlacedStorage, placeTensors } from './place-tensors.ts';
import { pytorchInvalid } from './pytorch-error.ts';
import { type StorageReference, storageOf } from './tensor-call.ts';

/** `0x1950a86a20f9469cfc6c`, little-endian: every file begins with its pickle. */
const MAGIC = Buffer.from('6cfc9c46f9206aa85019', 'hex');
const PROTOCOL = 1001;
/** Bytes within which the magic number stands, whatever the pickle's protocol. */
const MAGIC_WITHIN = 32;
const COUNT_BYTES = 8;

/**
 * What `torch.save` wrote before 1.6: five pickles, then the storages one after the other, each behind its number of elements. Source: `_legacy_save` in
 * `torch/serialization.py`.
 */
export const pytorchLegacy: CheckpointFormat = {
  name: 'pytorch-legacy',
  detect: head => head[0] === 0x80 && Buffer.from(head.subarray(0, MAGIC_WITHIN)).includes(MAGIC),
  parse: async source => {
    const { value, byteOrder, keys, end } = await readPickles(source);
    const placed = await placeStorages(source, { keys, start: end, storages: storagesOf(value), byteOrder });
    const tensors = placeTensors(value, {
      byteOrder,
      find: key => placed.get(key) ?? missing(key),
    });
    return { format: 'pytorch-legacy', size: source.size, extents: coverFile(source.size, tensors), tensors };
  },
};

interface LegacyPickles {
  readonly value: PickleValue;
  readonly byteOrder: 'little' | 'big';
  readonly keys: readonly string[];
  readonly end: number;
}

/** Magic number, protocol, system, the object, and the keys of its storages in the order of their bytes. */
async function readPickles(source: ByteSource): Promise<LegacyPickles> {
  const magic = await readPickleAt(source, 0);
  const protocol = await readPickleAt(source, magic.end);
  if (protocol.value !== PROTOCOL)
    throw pytorchInvalid(`its protocol is ${String(protocol.value)}, not ${PROTOCOL}`);
  const system = await readPickleAt(source, protocol.end);
  const object = await readPickleAt(source, system.end);
  const keys = await readPickleAt(source, object.end);
  if (!isKind(keys.value, 'list') || !keys.value.items.every(key => typeof key === 'string'))
    throw pytorchInvalid('its list of storages is missing');
  const isLittle = entriesOf(system.value)?.find(([key]) => key === 'little_endian')?.[1];
  return {
    value: object.value,
    byteOrder: isLittle === false ? 'big' : 'little',
    keys: keys.value.items as string[],
    end: keys.end,
  };
}

/** The storages that the object's tensors are views on, by key. */
function storagesOf(value: PickleValue): ReadonlyMap<string, StorageReference> {
  return new Map(findNamed(value, storageOf).map(({ found }) => [found.key, found]));
}

interface StorageBytes {
  readonly keys: readonly string[];
  readonly start: number;
  readonly storages: ReadonlyMap<string, StorageReference>;
  readonly byteOrder: 'little' | 'big';
}

async function placeStorages(
  source: ByteSource,
  { keys, start, storages, byteOrder }: StorageBytes,
): Promise<ReadonlyMap<string, PlacedStorage>> {
  const placed = new Map<string, PlacedStorage>();
  let at = start;
  for (const key of keys) {
    const dtype = storages.get(key)?.dtype;
    if (!dtype)
      throw pytorchInvalid(`nothing says what the storage ${JSON.stringify(key.slice(0, 200))} holds`);
    if (placed.has(key))
      throw pytorchInvalid(`the storage ${JSON.stringify(key.slice(0, 200))} is there twice`);
    const count = await readCount(source, at, byteOrder);
    const length = (count * bitsOf(dtype)) / 8;
    if (at + COUNT_BYTES + length > source.size) throw pytorchInvalid('its storages end too early');
    placed.set(key, { offset: at + COUNT_BYTES, length });
    at += COUNT_BYTES + length;
  }
  return placed;
}

async function readCount(source: ByteSource, at: number, byteOrder: 'little' | 'big'): Promise<number> {
  if (at + COUNT_BYTES > source.size) throw pytorchInvalid('its storages end too early');
  const bytes = Buffer.from(await source.read(at, COUNT_BYTES));
  const count = byteOrder === 'little' ? bytes.readBigUInt64LE() : bytes.readBigUInt64BE();
  if (count > BigInt(source.size)) throw pytorchInvalid(`a storage claims ${count} elements`);
  return Number(count);
}

function missing(key: string): never {
  throw pytorchInvalid(`the storage ${JSON.stringify(key.slice(0, 200))} is missing`);
}
