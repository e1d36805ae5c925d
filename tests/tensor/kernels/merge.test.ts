import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Kernels, loadKernels } from '../../../src/tensor/kernels/kernels.ts';
import { f32OfBits, widenBf16, widenF16 } from '../../../src/tensor/kernels/reference/convert-16.ts';
import * as reference from '../../../src/tensor/kernels/reference/merge.ts';
import { countNonFinite, taskVectorSums } from '../../../src/tensor/kernels/reference/task-vectors.ts';

const kernels = await loadKernels();

/** Element types of the arithmetic, with the kernels of each. */
const FLOATS = {
  f32: {
    make: (values: number[]) => Float32Array.from(values),
    scale: kernels.exports.mergeScaleF32,
    addScaled: kernels.exports.mergeAddScaledF32,
    add: kernels.exports.mergeAddF32,
    subtract: kernels.exports.mergeSubtractF32,
    multiply: kernels.exports.mergeMultiplyF32,
    absolute: kernels.exports.mergeAbsoluteF32,
    divideInto: kernels.exports.mergeDivideIntoF32,
    complement: kernels.exports.mergeComplementF32,
    clampToUnit: kernels.exports.mergeClampToUnitF32,
    divide: kernels.exports.mergeDivideF32,
    canonicalNan: kernels.exports.mergeCanonicalNanF32,
    sums: kernels.exports.taskVectorSumsF32,
    nonFinite: kernels.exports.countNonFinite32,
  },
  f64: {
    make: (values: number[]) => Float64Array.from(values),
    scale: kernels.exports.mergeScaleF64,
    addScaled: kernels.exports.mergeAddScaledF64,
    add: kernels.exports.mergeAddF64,
    subtract: kernels.exports.mergeSubtractF64,
    multiply: kernels.exports.mergeMultiplyF64,
    absolute: kernels.exports.mergeAbsoluteF64,
    divideInto: kernels.exports.mergeDivideIntoF64,
    complement: kernels.exports.mergeComplementF64,
    clampToUnit: kernels.exports.mergeClampToUnitF64,
    divide: kernels.exports.mergeDivideF64,
    canonicalNan: kernels.exports.mergeCanonicalNanF64,
    sums: kernels.exports.taskVectorSumsF64,
    nonFinite: kernels.exports.countNonFinite64,
  },
} as const;

/** Numbers with the awkward ones well represented: zeros of both signs, subnormals, the largest, NaN, infinities. */
const awkward = fc.oneof(
  { weight: 3, arbitrary: fc.double({ min: -2, max: 2 }) },
  fc.constantFrom(0, -0, 1e-45, -1e-40, 2 ** -1074, 3.4028234663852886e38, -1e308, NaN, Infinity, -Infinity),
);
const vectors = (count: number) =>
  fc
    .integer({ min: 0, max: 37 })
    .chain(length =>
      fc.tuple(
        ...Array.from({ length: count }, () => fc.array(awkward, { minLength: length, maxLength: length })),
      ),
    );
const factor = fc.double({ min: -3, max: 3, noNaN: true }).map(Math.fround);

/** Runs a kernel on copies of the operands and returns the first one's bytes. */
function inMemory(
  { borrow }: Kernels,
  operands: readonly reference.Floats[],
  run: (...pointers: number[]) => void,
): Uint8Array {
  const regions = operands.map(operand => borrow(operand.byteLength + 16));
  for (const [i, operand] of operands.entries()) regions[i]?.bytes.set(bytesOf(operand));
  run(...regions.map(region => region.pointer));
  const result = regions[0]?.bytes.slice(0, operands[0]?.byteLength) ?? new Uint8Array();
  for (const region of regions) region[Symbol.dispose]();
  return result;
}

function bytesOf(values: reference.Floats): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** NaNs stay open until they are made canonical, on both sides. */
function canonical(values: reference.Floats): Uint8Array {
  reference.canonicalNan(values);
  return bytesOf(values);
}

for (const [name, type] of Object.entries(FLOATS)) {
  const check = (
    kernel: (target: number, source: number, count: number, by: number) => void,
    scalar: (target: reference.Floats, source: reference.Floats, by: number) => void,
  ) =>
    fc.assert(
      fc.property(vectors(2), factor, ([left = [], right = []], by) => {
        const [target, source] = [type.make(left), type.make(right)];
        const got = inMemory(kernels, [target, source], (a = 0, b = 0) => {
          kernel(a, b, left.length, by);
          type.canonicalNan(a, left.length);
        });
        scalar(target, source, by);
        expect(got).toEqual(canonical(target));
      }),
    );

  test(`${name}: the arithmetic is bit-identical to the reference at every length`, () => {
    check(type.scale, reference.scale);
    check(type.addScaled, reference.addScaled);
    check(type.add, reference.add);
    check(type.subtract, reference.subtract);
    check(type.multiply, reference.multiply);
    check((target, _, count) => type.absolute(target, count), reference.absolute);
    check((target, _, count) => type.clampToUnit(target, count), reference.clampToUnit);
    check(type.complement, reference.complement);
    check(
      (target, _, count, by) => type.divideInto(target, count, by),
      (target, _, by) => reference.divideInto(target, by),
    );
    check(
      (target, _, count, by) => type.divide(target, count, by),
      (target, _, by) => reference.divide(target, by),
    );
  });

  test(`${name}: the sums over task vectors are bit-identical to the reference`, () => {
    fc.assert(
      fc.property(vectors(3), ([base = [], left = [], right = []]) => {
        const operands = [type.make(base), type.make(left), type.make(right)] as const;
        const result = new Float64Array(5);
        const got = inMemory(kernels, [result, ...operands], (r = 0, a = 0, b = 0, c = 0) =>
          type.sums(r, a, b, c, base.length),
        );
        const sums = taskVectorSums(...operands);
        const expected = [sums.squaresLeft, sums.squaresRight, sums.products, sums.opposed, sums.moved];
        expect(new Float64Array(got.buffer)).toEqual(Float64Array.from(expected));
      }),
    );
  });

  test(`${name}: NaN and infinities are counted`, () => {
    fc.assert(
      fc.property(vectors(1), ([values = []]) => {
        const operand = type.make(values);
        let found = -1;
        inMemory(kernels, [operand], (a = 0) => {
          found = type.nonFinite(a, values.length);
        });
        expect(found).toBe(countNonFinite(operand));
      }),
    );
  });
}

test.each([
  ['BF16', 0x7f80],
  ['F16', 0x7c00],
] as const)('%s: NaN and infinities are counted without widening', (dtype, exponent) => {
  const kind = dtype === 'BF16' ? widenBf16 : widenF16;
  fc.assert(
    fc.property(fc.uint16Array({ maxLength: 40 }), patterns => {
      using region = kernels.borrow(patterns.byteLength);
      region.bytes.set(new Uint8Array(patterns.buffer));
      const found = kernels.exports.countNonFinite16(region.pointer, patterns.length, exponent);
      expect(found).toBe(countNonFinite([...patterns].map(pattern => f32OfBits(kind(pattern)))));
    }),
  );
});

test.for([
  ['F16', widenF16, kernels.exports.mergeScaleF16, kernels.exports.mergeAddScaledF16],
  ['BF16', widenBf16, kernels.exports.mergeScaleBf16, kernels.exports.mergeAddScaledBf16],
] as const)('%s: scaling in one pass is widening and scaling, bit for bit', ([, widen, scale, addScaled]) => {
  const bits = fc.oneof(
    fc.integer({ min: 0, max: 0xffff }),
    fc.constantFrom(0, 0x8000, 1, 0x7c00, 0xfc01, 0x7f80, 0xffff),
  );
  const element = fc.tuple(awkward, bits);
  const canonicalNan = kernels.exports.mergeCanonicalNanF32;
  fc.assert(
    fc.property(fc.array(element, { maxLength: 37 }), factor, (elements, by) => {
      const halves = Uint16Array.from(elements, ([, half]) => half);
      const widened = Float32Array.from(halves, half => f32OfBits(widen(half)));
      for (const [kernel, scalar] of [
        [scale, reference.scale],
        [addScaled, reference.addScaled],
      ] as const) {
        const target = Float32Array.from(elements, ([value]) => value);
        using source = kernels.borrow(halves.byteLength + 16);
        source.bytes.set(new Uint8Array(halves.buffer));
        const got = inMemory(kernels, [target], (pointer = 0) => {
          kernel(pointer, source.pointer, elements.length, by);
          canonicalNan(pointer, elements.length);
        });
        scalar(target, widened, by);
        expect(got).toEqual(canonical(target));
      }
    }),
  );
});
