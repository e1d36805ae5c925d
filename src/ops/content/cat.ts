import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import { isNumpyDtype, npyHeader } from '../../formats/numpy/write-npy-header.ts';
import { isConvertible } from '../../tensor/conversion.ts';
import { widenToF32 } from '../../tensor/widen.ts';
import { readManifestBlob } from '../history/manifests-at.ts';
import type { Repository } from '../repository.ts';
import { findRevisionPath, parseRevisionPath } from './revision-path.ts';
import { type StoredTensor, storedModel } from './stored-model.ts';

/** What `mgit cat` prints. */
export interface CatRequest extends LongOperation {
  /** Absolute. */
  readonly cwd: string;
  /** `<revision>:<path>`. */
  readonly at: string;
  /** A tensor's name; without one, the file. */
  readonly tensor?: string;
  /** How a tensor is written; default raw: its elements, row-major and little-endian. */
  readonly format?: 'npy' | 'raw';
}

/** Bytes, and what they are. */
export interface CatContent {
  readonly path: string;
  /** True for anything but an ordinary file. */
  readonly isModel: boolean;
  readonly bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/**
 * Opens a file or a tensor of a revision. Tensors come straight from the packs, and everything is verified before the stream ends.
 * Errors: `NOT_A_MODEL`, `TENSOR_UNKNOWN`, `PATH_UNKNOWN`, `REVISION_UNKNOWN`, `DTYPE_NOT_CONVERTIBLE`, `USAGE`; on reading
 * `EXTENT_MISSING`, `EXTENT_CORRUPT`.
 */
export async function openContent(repository: Repository, request: CatRequest): Promise<CatContent> {
  const file = await findRevisionPath(repository, request.cwd, parseRevisionPath(request.at));
  const { path } = file;
  const manifest = await readManifestBlob(repository, file);
  if (manifest === undefined && (request.tensor !== undefined || request.format !== undefined))
    throw new MgitError('NOT_A_MODEL', `${request.at} is not a model`);
  if (manifest === undefined)
    return { path, isModel: false, bytes: [await repository.history.readBlob(file.id)] };
  const model = storedModel(repository, path, manifest);
  if (request.tensor === undefined && request.format === 'npy')
    throw new MgitError('USAGE', '--format npy writes one tensor: name it with --tensor');
  const bytes =
    request.tensor === undefined
      ? model.slices(request)
      : tensorBytes(model.tensor(request.tensor), request.format ?? 'raw', request);
  return { path, isModel: true, bytes };
}

/** NumPy has no BF16 and no F8: such elements become float32, which holds them exactly. */
function tensorBytes(
  tensor: StoredTensor,
  format: 'npy' | 'raw',
  { signal, onEvent }: LongOperation,
): AsyncIterable<Uint8Array> {
  const long = { ...(signal ? { signal } : {}), ...(onEvent ? { onEvent } : {}) };
  if (format === 'raw') return tensor.slices(long);
  const { dtype, shape } = tensor;
  if (isNumpyDtype(dtype)) return withHeader(npyHeader(dtype, shape), tensor.slices(long));
  if (!isConvertible(dtype))
    throw new MgitError('DTYPE_NOT_CONVERTIBLE', `NumPy has no element type for ${dtype}`, {
      hint: 'use --format raw',
    });
  return withHeader(npyHeader('F32', shape), widenToF32(tensor.slices(long), dtype));
}

async function* withHeader(
  header: Uint8Array,
  elements: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield header;
  yield* elements;
}
