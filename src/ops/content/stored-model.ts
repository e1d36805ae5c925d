import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { Manifest, ManifestTensor } from '../../store/manifest/manifest.ts';
import { byteLength, type Dtype } from '../../tensor/dtype.ts';
import { elementsOf } from '../../tensor/view-elements.ts';
import { isDense, viewSpan } from '../../tensor/view-span.ts';
import { readManifestBlob } from '../history/manifests-at.ts';
import type { Repository } from '../repository.ts';
import { type ByteRange, extentBytes } from './extent-bytes.ts';
import { findRevisionPath, parseRevisionPath } from './revision-path.ts';

/** Options of reading bytes. */
export interface ReadOptions extends LongOperation {
  /** A part in bytes; default: everything. Only what is read as a whole is held against its digest. Errors: `RANGE_INVALID`. */
  readonly range?: ByteRange;
}

/** A model of a revision, read straight from the packs; nothing is written to the work tree. */
export interface StoredModel {
  readonly path: string;
  readonly manifest: Manifest;
  /** Bytes of the file. */
  readonly size: number;
  /** In the order of the manifest: by name. */
  readonly tensors: readonly StoredTensor[];
  /** Errors: `TENSOR_UNKNOWN`. */
  tensor(name: string): StoredTensor;
  /** The file's bytes, exactly, in slices of at most a few MiB. Errors: `EXTENT_MISSING`, `EXTENT_CORRUPT`, `RANGE_INVALID`. */
  slices(options?: ReadOptions): AsyncIterable<Uint8Array>;
}

/** A tensor of such a model. */
export interface StoredTensor {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Of its elements, one after the other. */
  readonly byteLength: number;
  /**
   * The elements, row-major and little-endian, in slices of at most a few MiB, each in memory of its own. Errors: `EXTENT_MISSING`,
   * `EXTENT_CORRUPT`; `TENSOR_TOO_LARGE` and, with a range, `TENSOR_NOT_DENSE` for views whose elements lie apart.
   */
  slices(options?: ReadOptions): AsyncIterable<Uint8Array>;
  /** All of it, or a range, at once. */
  read(options?: ReadOptions): Promise<Uint8Array>;
}

/**
 * Opens a model at `<revision>:<path>` (`:<path>` is the index). `cwd` (absolute; default: the work tree) is where `./` paths start.
 * Errors: `NOT_A_MODEL`, `PATH_UNKNOWN`, `REVISION_UNKNOWN`, `USAGE`.
 */
export async function openModel(repository: Repository, at: string, cwd?: string): Promise<StoredModel> {
  const place = parseRevisionPath(at);
  const file = await findRevisionPath(repository, cwd ?? repository.history.workTree ?? '/', place);
  const manifest = await readManifestBlob(repository, file);
  if (manifest === undefined) throw new MgitError('NOT_A_MODEL', `${at} is not a model`);
  return storedModel(repository, file.path, manifest);
}

/** A model that is known by its manifest. */
export function storedModel(
  { store }: Pick<Repository, 'store'>,
  path: string,
  manifest: Manifest,
): StoredModel {
  const open = (tensor: ManifestTensor): StoredTensor => storedTensor({ store }, tensor);
  return {
    path,
    manifest,
    size: manifest.size,
    get tensors() {
      return manifest.tensors.map(open);
    },
    tensor: name => {
      const found = manifest.tensors.find(tensor => tensor.name === name);
      if (found !== undefined) return open(found);
      throw new MgitError('TENSOR_UNKNOWN', `${path} has no tensor ${JSON.stringify(name)}`, {
        hint: 'see the manifest for the names there are: git show <revision>:<path>',
      });
    },
    slices: options => fileSlices({ store }, manifest, options),
  };
}

async function* fileSlices(
  { store }: Pick<Repository, 'store'>,
  manifest: Manifest,
  options: ReadOptions = {},
): AsyncGenerator<Uint8Array> {
  const range = checkedRange(options.range, manifest.size);
  for (const extent of manifest.extents) {
    const from = Math.max(range.offset, extent.offset);
    const to = Math.min(range.offset + range.length, extent.offset + extent.length);
    if (from >= to) continue;
    const part = { extent, range: { offset: from - extent.offset, length: to - from }, verify: false };
    yield* extentBytes(store, part, options);
  }
}

function storedTensor({ store }: Pick<Repository, 'store'>, tensor: ManifestTensor): StoredTensor {
  const { name, dtype, shape, extent } = tensor;
  const length = byteLength(dtype, shape);
  const start = tensor.offset - extent.offset;
  const slices = (options: ReadOptions = {}): AsyncIterable<Uint8Array> => {
    if (options.range === undefined) {
      const range = { offset: start, length: viewSpan(tensor) };
      return elementsOf(tensor, extentBytes(store, { extent, range, verify: true }, options));
    }
    if (!isDense(tensor) || tensor.byteOrder === 'big') throw notDense(name);
    const { offset, length: bytes } = checkedRange(options.range, length);
    const range = { offset: start + offset, length: bytes };
    return extentBytes(store, { extent, range, verify: false }, options);
  };
  return { name, dtype, shape, byteLength: length, slices, read: options => collected(slices(options)) };
}

async function collected(slices: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const slice of slices) parts.push(slice);
  return Buffer.concat(parts);
}

function notDense(name: string): MgitError {
  return new MgitError('TENSOR_NOT_DENSE', `the elements of ${name} do not lie in order, little end first`, {
    hint: 'read the whole tensor',
  });
}

function checkedRange(range: ByteRange | undefined, size: number): ByteRange {
  const { offset, length } = range ?? { offset: 0, length: size };
  if (offset >= 0 && length >= 0 && offset + length <= size) return { offset, length };
  throw new MgitError('RANGE_INVALID', `${offset}+${length} is outside of ${size} bytes`);
}
