import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadKernels } from '../../../src/tensor/kernels/kernels.ts';
import {
  gatherChangedReference,
  scatterChangedReference,
} from '../../../src/tensor/kernels/reference/sparse.ts';

const kernels = await loadKernels();
const elementSize = fc.constantFrom(1, 2, 4, 8);
/** Mostly zeros, so that whole vectors are skipped. */
const difference = fc
  .array(
    fc.oneof(
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 255 }) },
      { weight: 20, arbitrary: fc.constant(0) },
    ),
    { maxLength: 400 },
  )
  .map(values => Uint8Array.from(values));

function gather(bytes: Uint8Array, size: number, limit: number) {
  using input = kernels.borrow(bytes.length);
  using gaps = kernels.borrow(limit * 4);
  using values = kernels.borrow(limit * size);
  input.bytes.set(bytes);
  const count = Math.floor(bytes.length / size);
  const found = kernels.exports.gatherChanged(
    gaps.pointer,
    values.pointer,
    input.pointer,
    count,
    size,
    limit,
  );
  const kept = Math.min(found, limit);
  return {
    found,
    gaps: new Uint32Array(gaps.bytes.slice(0, kept * 4).buffer),
    values: values.bytes.slice(0, kept * size),
  };
}

test('gathering is the reference', () => {
  fc.assert(
    fc.property(difference, elementSize, (bytes, size) => {
      const { found, gaps, values } = gather(bytes, size, 400);
      expect({ gaps, values }).toEqual(gatherChangedReference(bytes, size));
      expect(found).toBe(gaps.length);
    }),
  );
});

test('gathering stops at the limit', () => {
  expect(gather(Uint8Array.of(0, 1, 0, 2, 3), 1, 2).found).toBe(3);
  expect(gather(Uint8Array.of(0, 1, 0, 2, 0), 1, 2).found).toBe(2);
});

test('scattering is the reference, and the inverse', () => {
  fc.assert(
    fc.property(difference, elementSize, fc.nat(500), (bytes, size, forged) => {
      const { gaps, values } = gatherChangedReference(bytes, size);
      const whole = bytes.slice(0, bytes.length - (bytes.length % size));
      const changes =
        forged === 0 ? [gaps] : [gaps, gaps.map((gap, at) => (at === gaps.length - 1 ? forged : gap))];
      for (const list of changes) {
        using target = kernels.borrow(whole.length);
        using positions = kernels.borrow(list.byteLength);
        using differences = kernels.borrow(values.length);
        target.bytes.fill(0);
        positions.bytes.set(new Uint8Array(list.buffer));
        differences.bytes.set(values);
        const expected = new Uint8Array(whole.length);
        const isInside = scatterChangedReference(expected, { gaps: list, values }, size);
        const [to, from] = [target.pointer, positions.pointer];
        const done = kernels.exports.scatterChanged(
          to,
          from,
          differences.pointer,
          list.length,
          whole.length / size,
          size,
        );
        expect(Boolean(done)).toBe(isInside);
        if (isInside) expect(target.bytes.slice()).toEqual(expected);
        if (list === gaps) expect(expected).toEqual(whole);
      }
    }),
  );
});

test('a gap that would overflow is outside', () => {
  using target = kernels.borrow(8);
  using gaps = kernels.borrow(8);
  using values = kernels.borrow(2);
  gaps.bytes.set(new Uint8Array(Uint32Array.of(1, 0xffffffff).buffer));
  const { scatterChanged } = kernels.exports;
  expect(scatterChanged(target.pointer, gaps.pointer, values.pointer, 2, 8, 1)).toBe(0);
});
