import { exactReader } from '../../store/extents/exact-reader.ts';
import type { ManifestTensor } from '../../store/manifest/manifest.ts';
import type { TensorStore } from '../../store/tensor-store.ts';
import type { TensorPair } from '../../tensor/largest-changes.ts';
import type { PredictedDtype } from '../../tensor/prediction.ts';

/** A stored float tensor, and that of the base; both are whole extents of equal dtype and shape. */
export interface ChangedTensor {
  readonly tensor: ManifestTensor;
  readonly base: ManifestTensor;
}

const SLICE_BYTES = 4 * 1024 * 1024;

/** Both, to be read in slices: each of as many whole `unit`s (bytes) as fit, at least one. */
export function tensorPair(
  store: Pick<TensorStore, 'read'>,
  { tensor, base }: ChangedTensor,
  unit = 4,
): TensorPair {
  const { length } = tensor.extent;
  const sliceBytes = Math.max(1, Math.floor(SLICE_BYTES / unit)) * unit;
  return {
    dtype: tensor.dtype as PredictedDtype,
    read: async function* () {
      const target = exactReader(store.read(tensor.extent.digest));
      const from = exactReader(store.read(base.extent.digest));
      try {
        for (let at = 0; at < length; at += sliceBytes) {
          const size = Math.min(sliceBytes, length - at);
          yield { target: await target.take(size), base: await from.take(size) };
        }
      } finally {
        await target.close();
        await from.close();
      }
    },
  };
}
