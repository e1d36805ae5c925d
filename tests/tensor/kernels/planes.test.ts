import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadKernels } from '../../../src/tensor/kernels/kernels.ts';
import {
  joinPlanesReference,
  splitPlanesReference,
  xorBytesReference,
} from '../../../src/tensor/kernels/planes-reference.ts';

const kernels = await loadKernels();

const planes = fc
  .record({ elements: fc.nat(70), elementSize: fc.constantFrom(1, 2, 4, 8), rotate: fc.boolean() })
  .chain(shape => {
    const length = shape.elements * shape.elementSize;
    return fc.record({
      shape: fc.constant(shape),
      bytes: fc.uint8Array({ minLength: length, maxLength: length }),
    });
  });

type Kernel = 'splitPlanes' | 'joinPlanes';

function run(
  kernel: Kernel,
  bytes: Uint8Array,
  shape: { elements: number; elementSize: number; rotate: boolean },
) {
  using input = kernels.borrow(bytes.length);
  using output = kernels.borrow(bytes.length);
  input.bytes.set(bytes);
  kernels.exports[kernel](output.pointer, input.pointer, shape.elements, shape.elementSize, shape.rotate);
  return output.bytes.slice();
}

test('splitting is the reference', () => {
  fc.assert(
    fc.property(planes, ({ shape, bytes }) => {
      expect(run('splitPlanes', bytes, shape)).toEqual(splitPlanesReference(bytes, shape));
    }),
  );
});

test('joining is the reference, and the inverse', () => {
  fc.assert(
    fc.property(planes, ({ shape, bytes }) => {
      expect(run('joinPlanes', bytes, shape)).toEqual(joinPlanesReference(bytes, shape));
      expect(run('joinPlanes', run('splitPlanes', bytes, shape), shape)).toEqual(bytes);
    }),
  );
});

test('exclusive or is the reference', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), bytes => {
      const other = bytes.map((byte, at) => byte * 3 + at);
      using left = kernels.borrow(bytes.length);
      using right = kernels.borrow(bytes.length);
      left.bytes.set(bytes);
      right.bytes.set(other);
      kernels.exports.xorBytes(left.pointer, left.pointer, right.pointer, bytes.length);
      expect(left.bytes.slice()).toEqual(xorBytesReference(bytes, other));
    }),
  );
});
