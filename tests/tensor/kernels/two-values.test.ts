import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadKernels } from '../../../src/tensor/kernels/kernels.ts';
import { packBitsReference, twoValuesReference } from '../../../src/tensor/kernels/reference/two-values.ts';

const kernels = await loadKernels();

/** Bytes of few values, among them such with one or two, after a run of one of them. */
const bytes = fc
  .record({
    values: fc.uint8Array({ minLength: 1, maxLength: 3 }),
    run: fc.nat(100),
    choices: fc.array(fc.nat(2), { minLength: 1, maxLength: 200 }),
  })
  .map(({ values, run, choices }) =>
    Uint8Array.from([...new Array<number>(run).fill(0), ...choices], at => values[at % values.length] ?? 0),
  );

function held(input: Uint8Array) {
  const region = kernels.borrow(input.length);
  region.bytes.set(input);
  return region;
}

test('two values are found, and more are told of', () => {
  fc.assert(
    fc.property(bytes, input => {
      using region = held(input);
      const found = kernels.exports.twoValues(region.pointer, input.length);
      const expected = twoValuesReference(input);
      expect(found).toBe(expected ? expected[0] + 256 * expected[1] : -1);
    }),
  );
});

test('packing is the reference', () => {
  fc.assert(
    fc.property(bytes, fc.nat(255), (input, other) => {
      for (const value of [input[0] ?? 0, other]) {
        using region = held(input);
        using output = kernels.borrow(Math.ceil(input.length / 8));
        kernels.exports.packBits(output.pointer, region.pointer, input.length, value);
        expect(output.bytes.slice()).toEqual(packBitsReference(input, value));
      }
    }),
  );
});

test('unpacking is the inverse', () => {
  fc.assert(
    fc.property(bytes, input => {
      const values = twoValuesReference(input);
      fc.pre(values !== undefined);
      const [zero, one] = values ?? [0, 0];
      using bits = held(packBitsReference(input, one));
      using output = kernels.borrow(input.length);
      kernels.exports.unpackBits(output.pointer, bits.pointer, input.length, zero, one);
      expect(output.bytes.slice()).toEqual(input);
    }),
  );
});
