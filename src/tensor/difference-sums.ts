import type { TensorDifference } from './difference.ts';
import type { Region } from './kernels/arena.ts';
import type { BlockSums } from './kernels/reference/difference.ts';

/** Bytes that a difference kernel writes. */
export const BLOCK_SUMS_BYTES = 72;

const NOTHING: BlockSums = {
  beforeSquared: 0,
  afterSquared: 0,
  product: 0,
  differenceSquared: 0,
  largest: 0,
  nanBefore: 0,
  nanAfter: 0,
  infiniteBefore: 0,
  infiniteAfter: 0,
};

/** Reads what a difference kernel wrote. */
export function readSums(result: Region): BlockSums {
  const { buffer, byteOffset } = result.bytes;
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0, i = 0] = new Float64Array(
    buffer,
    byteOffset,
    BLOCK_SUMS_BYTES / 8,
  );
  return {
    beforeSquared: a,
    afterSquared: b,
    product: c,
    differenceSquared: d,
    largest: e,
    nanBefore: f,
    nanAfter: g,
    infiniteBefore: h,
    infiniteAfter: i,
  };
}

/** The sums of two parts, the left one first. */
export function addSums(left: BlockSums, right: BlockSums): BlockSums {
  return {
    beforeSquared: left.beforeSquared + right.beforeSquared,
    afterSquared: left.afterSquared + right.afterSquared,
    product: left.product + right.product,
    differenceSquared: left.differenceSquared + right.differenceSquared,
    largest: Math.max(left.largest, right.largest),
    nanBefore: left.nanBefore + right.nanBefore,
    nanAfter: left.nanAfter + right.nanAfter,
    infiniteBefore: left.infiniteBefore + right.infiniteBefore,
    infiniteAfter: left.infiniteAfter + right.infiniteAfter,
  };
}

/** The part of a {@link TensorDifference} that follows from sums; all null when elements could not be computed with. */
export function describeSums(
  sums: BlockSums | undefined,
): Omit<TensorDifference, 'changed' | 'changedShare'> {
  const { nanBefore, nanAfter, infiniteBefore, infiniteAfter } = sums ?? NOTHING;
  const counts = { nanBefore, nanAfter, infiniteBefore, infiniteAfter };
  if (!sums) return { relativeL2: null, l2: null, normBefore: null, maxAbs: null, cosine: null, ...counts };
  const l2 = Math.sqrt(sums.differenceSquared);
  const normBefore = Math.sqrt(sums.beforeSquared);
  const cosine = sums.product / (normBefore * Math.sqrt(sums.afterSquared));
  return {
    relativeL2: finite(l2 === 0 ? 0 : l2 / normBefore),
    l2: finite(l2),
    normBefore: finite(normBefore),
    maxAbs: finite(sums.largest),
    cosine: finite(Math.min(1, Math.max(-1, cosine))),
    ...counts,
  };
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
