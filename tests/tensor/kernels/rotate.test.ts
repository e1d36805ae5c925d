import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadKernels } from '../../../src/tensor/kernels/kernels.ts';
import { rotate } from '../../../src/tensor/kernels/reference/rotate.ts';

const { exports, borrow } = await loadKernels();
const number = fc.double({ min: -3, max: 3, noNaN: true });

test('rotations are bit-identical to the reference at every length', () => {
  const pairs = fc.array(fc.tuple(number, number), { maxLength: 21 });
  fc.assert(
    fc.property(pairs, number, number, (values, cosine, sine) => {
      const sides = [0, 1].map(side => Float64Array.from(values, pair => pair[side] ?? 0));
      const [left, right] = sides as [Float64Array, Float64Array];
      using first = borrow(left.byteLength);
      using second = borrow(right.byteLength);
      first.bytes.set(new Uint8Array(left.buffer));
      second.bytes.set(new Uint8Array(right.buffer));
      exports.rotateF64(first.pointer, second.pointer, values.length, cosine, sine);
      rotate(left, right, { cosine, sine });
      expect(Buffer.compare(first.bytes, new Uint8Array(left.buffer))).toBe(0);
      expect(Buffer.compare(second.bytes, new Uint8Array(right.buffer))).toBe(0);
    }),
  );
});
