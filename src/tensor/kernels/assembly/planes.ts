/**
 * Byte planes and XOR. Plane p of a slice holds byte p of every element, least significant first; plane p starts at
 * `output + p * elements`. With `rotate`, elements are rotated left by one bit first, so that the exponent of BF16 and F32
 * fills the top byte and the sign joins the mantissa.
 */

export function splitPlanes(output: usize, input: usize, elements: i32, elementSize: i32, rotate: bool): void {
  if (elementSize == 1 && !rotate) memory.copy(output, input, elements);
  else if (elementSize == 2) split2(output, input, elements, rotate);
  else if (elementSize == 4) split4(output, input, elements, rotate);
  else splitScalar(output, input, elements, elementSize, rotate, 0);
}

export function joinPlanes(output: usize, input: usize, elements: i32, elementSize: i32, rotate: bool): void {
  if (elementSize == 1 && !rotate) memory.copy(output, input, elements);
  else if (elementSize == 2) join2(output, input, elements, rotate);
  else if (elementSize == 4) join4(output, input, elements, rotate);
  else joinScalar(output, input, elements, elementSize, rotate, 0);
}

/** `output = left ^ right`; `output` may be either of them. */
export function xorBytes(output: usize, left: usize, right: usize, length: i32): void {
  let at: i32 = 0;
  for (; at + 16 <= length; at += 16) v128.store(output + at, v128.xor(v128.load(left + at), v128.load(right + at)));
  for (; at < length; at++) store<u8>(output + at, load<u8>(left + at) ^ load<u8>(right + at));
}

@inline
function rotated(value: u64, bits: u64, left: bool): u64 {
  const mask: u64 = bits == 64 ? u64.MAX_VALUE : ((1 as u64) << bits) - 1;
  return left ? ((value << 1) | (value >> (bits - 1))) & mask : ((value >> 1) | (value << (bits - 1))) & mask;
}

function splitScalar(output: usize, input: usize, elements: i32, elementSize: i32, rotate: bool, from: i32): void {
  for (let element = from; element < elements; element++) {
    let value: u64 = 0;
    for (let byte = 0; byte < elementSize; byte++)
      value |= (load<u8>(input + <usize>element * elementSize + byte) as u64) << (byte * 8);
    if (rotate) value = rotated(value, elementSize * 8, true);
    for (let byte = 0; byte < elementSize; byte++)
      store<u8>(output + <usize>byte * elements + element, (value >> (byte * 8)) as u8);
  }
}

function joinScalar(output: usize, input: usize, elements: i32, elementSize: i32, rotate: bool, from: i32): void {
  for (let element = from; element < elements; element++) {
    let value: u64 = 0;
    for (let byte = 0; byte < elementSize; byte++)
      value |= (load<u8>(input + <usize>byte * elements + element) as u64) << (byte * 8);
    if (rotate) value = rotated(value, elementSize * 8, false);
    for (let byte = 0; byte < elementSize; byte++)
      store<u8>(output + <usize>element * elementSize + byte, (value >> (byte * 8)) as u8);
  }
}

@inline
function left16(value: v128): v128 {
  return v128.or(i16x8.shl(value, 1), i16x8.shr_u(value, 15));
}

@inline
function right16(value: v128): v128 {
  return v128.or(i16x8.shr_u(value, 1), i16x8.shl(value, 15));
}

@inline
function left32(value: v128): v128 {
  return v128.or(i32x4.shl(value, 1), i32x4.shr_u(value, 31));
}

@inline
function right32(value: v128): v128 {
  return v128.or(i32x4.shr_u(value, 1), i32x4.shl(value, 31));
}

@inline
function evenBytes(a: v128, b: v128): v128 {
  return v128.shuffle<u8>(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
}

@inline
function oddBytes(a: v128, b: v128): v128 {
  return v128.shuffle<u8>(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
}

@inline
function lowBytesZipped(a: v128, b: v128): v128 {
  return v128.shuffle<u8>(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

@inline
function highBytesZipped(a: v128, b: v128): v128 {
  return v128.shuffle<u8>(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

function split2(output: usize, input: usize, elements: i32, rotate: bool): void {
  let element: i32 = 0;
  for (; element + 16 <= elements; element += 16) {
    const from = input + <usize>element * 2;
    let a = v128.load(from);
    let b = v128.load(from, 16);
    if (rotate) {
      a = left16(a);
      b = left16(b);
    }
    v128.store(output + element, evenBytes(a, b));
    v128.store(output + elements + element, oddBytes(a, b));
  }
  splitScalar(output, input, elements, 2, rotate, element);
}

function join2(output: usize, input: usize, elements: i32, rotate: bool): void {
  let element: i32 = 0;
  for (; element + 16 <= elements; element += 16) {
    const low = v128.load(input + element);
    const high = v128.load(input + elements + element);
    let a = lowBytesZipped(low, high);
    let b = highBytesZipped(low, high);
    if (rotate) {
      a = right16(a);
      b = right16(b);
    }
    const to = output + <usize>element * 2;
    v128.store(to, a);
    v128.store(to, b, 16);
  }
  joinScalar(output, input, elements, 2, rotate, element);
}

function split4(output: usize, input: usize, elements: i32, rotate: bool): void {
  const stride = <usize>elements;
  let element: i32 = 0;
  for (; element + 16 <= elements; element += 16) {
    const from = input + <usize>element * 4;
    let a = v128.load(from);
    let b = v128.load(from, 16);
    let c = v128.load(from, 32);
    let d = v128.load(from, 48);
    if (rotate) {
      a = left32(a);
      b = left32(b);
      c = left32(c);
      d = left32(d);
    }
    const evenLow = evenBytes(a, b);
    const evenHigh = evenBytes(c, d);
    const oddLow = oddBytes(a, b);
    const oddHigh = oddBytes(c, d);
    v128.store(output + element, evenBytes(evenLow, evenHigh));
    v128.store(output + stride + element, evenBytes(oddLow, oddHigh));
    v128.store(output + stride * 2 + element, oddBytes(evenLow, evenHigh));
    v128.store(output + stride * 3 + element, oddBytes(oddLow, oddHigh));
  }
  splitScalar(output, input, elements, 4, rotate, element);
}

function join4(output: usize, input: usize, elements: i32, rotate: bool): void {
  const stride = <usize>elements;
  let element: i32 = 0;
  for (; element + 16 <= elements; element += 16) {
    const p0 = v128.load(input + element);
    const p1 = v128.load(input + stride + element);
    const p2 = v128.load(input + stride * 2 + element);
    const p3 = v128.load(input + stride * 3 + element);
    const evenLow = lowBytesZipped(p0, p2);
    const evenHigh = highBytesZipped(p0, p2);
    const oddLow = lowBytesZipped(p1, p3);
    const oddHigh = highBytesZipped(p1, p3);
    let a = lowBytesZipped(evenLow, oddLow);
    let b = highBytesZipped(evenLow, oddLow);
    let c = lowBytesZipped(evenHigh, oddHigh);
    let d = highBytesZipped(evenHigh, oddHigh);
    if (rotate) {
      a = right32(a);
      b = right32(b);
      c = right32(c);
      d = right32(d);
    }
    const to = output + <usize>element * 4;
    v128.store(to, a);
    v128.store(to, b, 16);
    v128.store(to, c, 32);
    v128.store(to, d, 48);
  }
  joinScalar(output, input, elements, 4, rotate, element);
}
