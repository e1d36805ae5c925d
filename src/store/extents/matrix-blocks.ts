import type { Digest } from '../../base/ids.ts';
import { loadKernels } from '../../tensor/kernels/kernels.ts';
import type { PredictedDtype } from '../../tensor/prediction.ts';
import type { MatrixBlock } from '../../tensor/structure/matrix-block.ts';
import { widened } from '../../tensor/widened.ts';
import { bytesOf } from '../packs/prediction-parameters.ts';
import { freshBuffers } from './buffer-pool.ts';
import { exactReader } from './exact-reader.ts';
import { readExtent } from './read-extent.ts';
import type { ReadPart } from './read-part.ts';
import type { WriteSession } from './session.ts';

/** A matrix that is being added, and the stored one that it is compared with. */
export interface MatrixPair {
  readonly rows: number;
  readonly columns: number;
  readonly dtype: PredictedDtype;
  readonly base: Digest;
  readonly readPart: ReadPart;
  /** Only so many rows, where that is given. */
  readonly rowsAtMost?: number;
}

/** Bytes that are read at a time; a longer row is read as a whole. */
const BLOCK_BYTES = 1024 * 1024;

/** Both matrices from the first row on, in blocks of whole rows, as F32. */
export async function* matrixBlocks(
  { rows, columns, dtype, base, readPart, rowsAtMost = rows }: MatrixPair,
  session: WriteSession,
): AsyncGenerator<MatrixBlock> {
  const kernels = await loadKernels();
  const rowBytes = columns * bytesOf(dtype);
  const wanted = Math.min(rows, rowsAtMost);
  const together = Math.max(1, rowsAtMost < rows ? wanted : Math.floor(BLOCK_BYTES / rowBytes));
  const range = { offset: 0, length: wanted * rowBytes };
  const reader = exactReader(readExtent(base, range, session.readContext()), freshBuffers);
  try {
    for (let firstRow = 0; firstRow < wanted; firstRow += together) {
      const count = Math.min(together, wanted - firstRow);
      const place = { offset: firstRow * rowBytes, length: count * rowBytes };
      const tuned = widened(await readPart(place), dtype, kernels);
      const before = await reader.take(place.length);
      yield { firstRow, rows: count, columns, tuned, base: widened(before, dtype, kernels) };
      freshBuffers.release(before);
    }
  } finally {
    await reader.close();
  }
}
