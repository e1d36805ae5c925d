import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Scan, selectByRank } from '../../src/merge/selection.ts';
import { loadKernels } from '../../src/tensor/kernels/kernels.ts';

/** Shows vectors in slices of a few elements, as a method does, and counts how often. */
function scanOf(vectors: readonly (readonly number[])[], type: 'F32' | 'F64') {
  const state = { scans: 0 };
  const make = (values: readonly number[]) =>
    type === 'F64' ? Float64Array.from(values) : Float32Array.from(values);
  const scan: Scan = async look => {
    state.scans++;
    const { borrow } = await loadKernels();
    for (let at = 0; at < (vectors[0]?.length ?? 0); at += 7) {
      using stack = new DisposableStack();
      const parts = vectors.map(values => make(values.slice(at, at + 7)));
      const registers = parts.map(part => {
        const region = stack.use(borrow(part.byteLength));
        region.bytes.set(new Uint8Array(part.buffer));
        return region;
      });
      look(registers, parts[0]?.length ?? 0);
    }
  };
  return { scan, state };
}

const magnitude = fc.oneof(
  fc.double({ min: 0, max: 4, noNaN: true }).map(Math.fround),
  fc.constantFrom(0, 1, 1.5, 2 ** -140, 2 ** 127),
);
const scene = fc.integer({ min: 1, max: 50 }).chain(length =>
  fc.record({
    type: fc.constantFrom<'F32' | 'F64'>('F32', 'F64'),
    vectors: fc.array(fc.array(magnitude, { minLength: length, maxLength: length }), {
      minLength: 2,
      maxLength: 2,
    }),
    queries: fc.array(fc.record({ vector: fc.nat(1), rank: fc.nat(length - 1) }), {
      minLength: 1,
      maxLength: 5,
    }),
  }),
);

test('values are found by rank as sorting finds them, in two scans of float32 and four of float64', async () => {
  await fc.assert(
    fc.asyncProperty(scene, async ({ type, vectors, queries }) => {
      const { scan, state } = scanOf(vectors, type);
      const found = await selectByRank(scan, queries, type);
      const wanted = queries.map(({ vector, rank }) => {
        const sorted = (vectors[vector] ?? []).toSorted((a, b) => a - b);
        const value = sorted[rank] ?? Number.NaN;
        return {
          value,
          below: sorted.filter(other => other < value).length,
          equal: sorted.filter(other => other === value).length,
        };
      });
      expect(found).toEqual(wanted);
      expect(state.scans).toBe(type === 'F64' ? 4 : 2);
    }),
  );
});
