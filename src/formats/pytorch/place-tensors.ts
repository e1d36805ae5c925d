import { bitsOf } from '../../tensor/dtype.ts';
import { viewSpan } from '../../tensor/view-span.ts';
import type { EncodedTensor, TensorView } from '../checkpoint.ts';
import { type ArrayInPickle, arrayOf } from '../numpy/pickled-array.ts';
import { findNamed } from '../pickle/find-named.ts';
import type { PickleValue } from '../pickle/values.ts';
import { pytorchInvalid } from './pytorch-error.ts';
import { type TensorOnStorage, tensorOf } from './tensor-call.ts';

/** Where a storage's bytes are in the file. */
export interface PlacedStorage {
  readonly offset: number;
  readonly length: number;
}

/** How a file keeps its storages. */
export interface Storages {
  readonly byteOrder: 'little' | 'big';
  /** The storage of a key; undefined where its bytes are compressed, and so no tensor can be a view on them. Errors: `PYTORCH_INVALID` for a key that is not there. */
  find(key: string): PlacedStorage | undefined;
  /** The pickle is compressed, and so no array in it can be a view on the file. */
  readonly isPickleCompressed?: boolean;
}

/**
 * The tensors that a pickle names, as views on the file; NumPy arrays are views on the pickle itself. Errors: `PYTORCH_INVALID` for tensors outside
 * their storage, and those of the pickle.
 */
export function placeTensors(root: PickleValue, storages: Storages): readonly TensorView[] {
  const views: TensorView[] = [];
  for (const { name, found } of findNamed<TensorOnStorage | ArrayInPickle>(root, tensorOrArray)) {
    const view = 'storage' in found ? viewOnStorage(name, found, storages) : { ...found, name };
    const isInFile = 'storage' in found || !storages.isPickleCompressed;
    if (view && isInFile) views.push(view);
  }
  return views;
}

/** A file that an archive has compressed. */
export interface CompressedFile {
  /** Unpacked. */
  readonly length: number;
  /** All of it, unpacked, in slices. */
  bytes(): AsyncIterable<Uint8Array>;
}

/** What an archive has compressed. */
export interface CompressedFiles {
  readonly byteOrder: Storages['byteOrder'];
  /** The storage of a key; undefined where it is not compressed. */
  find(key: string): CompressedFile | undefined;
  /** The pickle; undefined where it is not compressed. */
  readonly pickle: CompressedFile | undefined;
}

/**
 * The tensors that are views on compressed storages, and the arrays in a compressed pickle, with the names that {@link placeTensors} would give them. Errors:
 * `PYTORCH_INVALID` for tensors outside their storage, and those of the pickle.
 */
export function compressedTensors(root: PickleValue, files: CompressedFiles): readonly EncodedTensor[] {
  const tensors: EncodedTensor[] = [];
  for (const { name, found } of findNamed<TensorOnStorage | ArrayInPickle>(root, tensorOrArray)) {
    const file = 'storage' in found ? files.find(found.storage.key) : files.pickle;
    if (!file) continue;
    const place = { offset: 0, length: file.length };
    const unpacked = { byteOrder: files.byteOrder, find: () => place };
    const view = 'storage' in found ? viewOnStorage(name, found, unpacked) : { ...found, name };
    if (!view) continue;
    const { offset, ...rest } = view;
    tensors.push({ ...rest, span: () => bytesBetween(file.bytes(), offset, offset + viewSpan(view)) });
  }
  return tensors;
}

/** Reads no further than it must. */
async function* bytesBetween(
  slices: AsyncIterable<Uint8Array>,
  from: number,
  to: number,
): AsyncGenerator<Uint8Array> {
  let at = 0;
  for await (const slice of slices) {
    const part = slice.subarray(Math.max(0, from - at), Math.max(0, to - at));
    at += slice.length;
    if (part.length > 0) yield part;
    if (at >= to) break;
  }
}

function tensorOrArray(value: PickleValue): TensorOnStorage | ArrayInPickle | undefined {
  return tensorOf(value) ?? arrayOf(value);
}

function viewOnStorage(name: string, found: TensorOnStorage, storages: Storages): TensorView | undefined {
  const { storage, dtype, offset, shape, strides } = found;
  const placed = storages.find(storage.key);
  if (!placed) return undefined;
  const view = { dtype, shape, strides };
  const start = storage.start + (offset * bitsOf(dtype)) / 8;
  const end = storage.start + storage.length;
  if (end > placed.length || start + viewSpan(view) > end)
    throw pytorchInvalid(`tensor ${JSON.stringify(name.slice(0, 200))} lies outside its storage`);
  return { ...view, name, offset: placed.offset + start, byteOrder: storages.byteOrder };
}
