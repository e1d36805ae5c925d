import { expect } from 'vitest';
import { decodeElements } from '../float-elements.ts';
import { type GoldenCase, goldenTensor, ulp } from './golden-merges.ts';

/** Fails unless a merged tensor has the bits of the reference. */
export function expectSameBits(golden: GoldenCase, name: string, merged: Uint8Array): void {
  expect(Buffer.compare(merged, goldenTensor(golden.outputFile, name).bytes), name).toBe(0);
}

/** Fails unless a merged tensor stays within four times the reference's own difference to exact arithmetic, or four ulp. */
export function expectClose(golden: GoldenCase, name: string, merged: Uint8Array): void {
  const elements = decodeElements(golden.dtype, merged);
  const expected = decodeElements(golden.outputDtype, goldenTensor(golden.outputFile, name).bytes);
  const allowed = 4 * (golden.perTensor[name]?.maxAbsDiff ?? 0);
  expect(elements.length, name).toBe(expected.length);
  const far = expected.flatMap((value, i) => {
    const got = elements[i] ?? Number.NaN;
    // F16 cannot hold the smallest lengths of mergekit, which then divides zero by zero.
    if (Number.isNaN(value) && Number.isFinite(got)) return [];
    return Math.abs(got - value) <= Math.max(allowed, 4 * ulp(golden.dtype, value))
      ? []
      : [{ i, got, value }];
  });
  expect(far, `${name}: ${far.length} of ${elements.length} differ`).toEqual([]);
}
