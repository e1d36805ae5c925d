// Eight-bit floats to F32 by a table of 256 entries, and back by rounding to nearest, ties to even.
// The scalar reference is src/tensor/kernels/reference/convert-8.ts; both give the same bits for every input.

/** target[i] = table[source[i]] */
export function lookUpF32(target: usize, source: usize, count: usize, table: usize): void {
  for (let i: usize = 0; i < count; i++)
    store<u32>(target + (i << 2), load<u32>(table + (<usize>load<u8>(source + i) << 2)));
}

/**
 * target[i] = source[i]: F32 to an eight-bit float with `fraction` bits of fraction and this exponent `bias`. What rounds beyond
 * the code `largest` becomes `overflow` with the value's sign; NaN becomes `nan`. `signed` is 0x80 if there is a negative zero, else 0.
 */
export function f32ToF8(
  target: usize, source: usize, count: usize,
  fraction: i32, bias: i32, largest: u32, overflow: u32, nan: u32, signed: u32,
): void {
  const shift: u32 = 23 - fraction;
  const rebias: u32 = (127 - bias) << fraction;
  const smallestNormal: u32 = (128 - bias) << 23;
  const adder: u32 = (127 + 24 - bias - fraction) << 23;
  for (let i: usize = 0; i < count; i++) {
    const bits = load<u32>(source + (i << 2));
    const magnitude = bits & 0x7fffffff;
    const sign = (bits >> 24) & 0x80;
    let code: u32;
    if (magnitude > 0x7f800000) code = nan;
    else {
      if (magnitude < smallestNormal)
        code = reinterpret<u32>(reinterpret<f32>(magnitude) + reinterpret<f32>(adder)) - adder;
      else code = ((magnitude + ((1 << (shift - 1)) - 1) + ((magnitude >> shift) & 1)) >> shift) - rebias;
      if (code > largest) code = overflow;
      if (code != nan && (code != 0 || signed != 0)) code |= sign;
    }
    store<u8>(target + i, <u8>code);
  }
}
