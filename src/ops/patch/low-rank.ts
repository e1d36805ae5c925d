import type { LongOperation } from '../../base/events.ts';
import type { Digest } from '../../base/ids.ts';
import { exactReader } from '../../store/extents/exact-reader.ts';
import { bytesOf } from '../../store/packs/prediction-parameters.ts';
import type { LowRankTensor, TensorStore } from '../../store/tensor-store.ts';
import { elementCount } from '../../tensor/dtype.ts';
import { loadKernels } from '../../tensor/kernels/kernels.ts';
import type { TensorPair } from '../../tensor/largest-changes.ts';
import type { FactorBytes } from '../../tensor/prediction.ts';
import { factorize } from '../../tensor/structure/factorize.ts';
import type { MatrixBlock, ReadBlocks } from '../../tensor/structure/matrix-block.ts';
import { widened } from '../../tensor/widened.ts';
import { type ChangedTensor, tensorPair } from './tensor-pair.ts';

/** A tensor in place of another, and the norm of what it lacks, relative to that of the whole change. */
export interface NearTensor {
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly relativeL2: number;
}

interface Matrix {
  readonly rows: number;
  readonly columns: number;
}

/**
 * The base with the factors of the largest dimensions of its change added, which become a record of the store. Undefined for what is no
 * matrix (the first dimension are its rows), where factors are not smaller than the tensor, and for changes that are not finite.
 */
export async function factorsOf(
  store: TensorStore,
  changed: ChangedTensor,
  { rank, signal }: Pick<LongOperation, 'signal'> & { readonly rank: number },
): Promise<NearTensor | undefined> {
  const { shape, extent } = changed.tensor;
  const matrix: Matrix = { rows: shape[0] ?? 0, columns: elementCount(shape.slice(1)) };
  const used = Math.min(rank, matrix.rows, matrix.columns);
  if (shape.length < 2 || 4 * used * (matrix.rows + matrix.columns) >= extent.length) return undefined;
  const dtype = tensorPair(store, changed).dtype;
  const pair = tensorPair(store, changed, matrix.columns * bytesOf(dtype));
  const found = await factorize(blocksOf(pair, matrix), { ...matrix, rank: used, noise: 0, isLimit: true });
  if (!found || ![found.left, found.right].every(isAllFinite)) return undefined;
  const digest = await record(
    store,
    { base: changed.base.extent.digest, dtype, ...matrix, ...found },
    signal,
  );
  const relativeL2 = await errorOf(store, pair, digest);
  return Number.isFinite(relativeL2) ? { bytes: store.read(digest), relativeL2 } : undefined;
}

function isAllFinite(numbers: Float32Array): boolean {
  return numbers.every(Number.isFinite);
}

function blocksOf({ dtype, read }: TensorPair, { columns }: Matrix): ReadBlocks {
  return async function* (): AsyncGenerator<MatrixBlock> {
    const kernels = await loadKernels();
    let firstRow = 0;
    for await (const { target, base } of read()) {
      const rows = target.length / (columns * bytesOf(dtype));
      const [tuned, from] = [widened(target, dtype, kernels), widened(base, dtype, kernels)];
      yield { firstRow, rows, columns, tuned, base: from };
      firstRow += rows;
    }
  };
}

type Factors = Pick<LowRankTensor, 'base' | 'dtype' | 'rows' | 'columns' | 'rank'> & {
  readonly left: Float32Array;
  readonly right: Float32Array;
};

async function record(
  store: TensorStore,
  { left, right, ...tensor }: Factors,
  signal: AbortSignal | undefined,
): Promise<Digest> {
  const factor = (numbers: Float32Array): FactorBytes & { readonly isTransposed: boolean } => ({
    bytes: new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength),
    dtype: 'F32',
    isTransposed: false,
  });
  const writer = store.writer();
  try {
    const low: LowRankTensor = {
      type: 'low-rank',
      scale: 1,
      ...tensor,
      left: factor(left),
      right: factor(right),
    };
    const digest = await writer.addPredicted(low, signal ? { signal } : {});
    await writer.finish();
    return digest;
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

async function errorOf(store: TensorStore, { dtype, read }: TensorPair, digest: Digest): Promise<number> {
  const kernels = await loadKernels();
  const near = exactReader(store.read(digest));
  let [lacking, whole] = [0, 0];
  try {
    for await (const { target, base } of read()) {
      const made = widened(await near.take(target.length), dtype, kernels);
      const from = widened(base, dtype, kernels);
      for (const [at, value] of widened(target, dtype, kernels).entries()) {
        lacking += (value - (made[at] ?? 0)) ** 2;
        whole += (value - (from[at] ?? 0)) ** 2;
      }
    }
  } finally {
    await near.close();
  }
  return whole === 0 ? 0 : Math.sqrt(lacking / whole);
}
