/** Bytes that have two values, as one bit each: byte i is bit i mod 8 of byte floor(i / 8), and the bits after the last are 0. */

@inline
function areAll(place: usize, values: v128): bool {
  return i8x16.all_true(i8x16.eq(v128.load(place), values));
}

@inline
function areEither(place: usize, firsts: v128, others: v128): v128 {
  const bytes = v128.load(place);
  return v128.or(i8x16.eq(bytes, firsts), i8x16.eq(bytes, others));
}

/** The two values of `length` bytes, at least one: the first byte, and 256 times the other (the first, if there is none). -1: more values. */
export function twoValues(input: usize, length: i32): i32 {
  const first = load<u8>(input), firsts = i8x16.splat(first as i8), end = input + <usize>length;
  let place = input, other = first;
  while (place + 16 <= end && areAll(place, firsts)) place += 16;
  while (place < end && other == first) other = load<u8>(place++);
  const others = i8x16.splat(other as i8);
  for (; place + 64 <= end; place += 64) {
    const left = v128.and(areEither(place, firsts, others), areEither(place + 16, firsts, others));
    const right = v128.and(areEither(place + 32, firsts, others), areEither(place + 48, firsts, others));
    if (!i8x16.all_true(v128.and(left, right))) return -1;
  }
  for (; place < end; place++) {
    const byte = load<u8>(place);
    if (byte != first && byte != other) return -1;
  }
  return (first as i32) | ((other as i32) << 8);
}

/** A bit for each byte, set where it is `value`: ceil(length / 8) bytes. */
export function packBits(output: usize, input: usize, length: i32, value: i32): void {
  const values = i8x16.splat(value as i8);
  let at: i32 = 0;
  for (; at + 16 <= length; at += 16)
    store<u16>(output + (at >> 3), i8x16.bitmask(i8x16.eq(v128.load(input + at), values)) as u16);
  for (; at < length; at += 8) {
    let bits: u32 = 0;
    for (let i: i32 = at; i < length && i < at + 8; i++)
      if ((load<u8>(input + i) as i32) == value) bits |= 1 << (i - at);
    store<u8>(output + (at >> 3), bits as u8);
  }
}

/** The inverse: `length` bytes, `one` where a bit is set and `zero` elsewhere. */
export function unpackBits(output: usize, input: usize, length: i32, zero: i32, one: i32): void {
  const zeros = i8x16.splat(zero as i8);
  const ones = i8x16.splat(one as i8);
  const places = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128);
  let at: i32 = 0;
  for (; at + 16 <= length; at += 16) {
    const pair = v128.load16_splat(input + (at >> 3));
    const spread = v128.shuffle<u8>(pair, pair, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
    v128.store(output + at, v128.bitselect(ones, zeros, i8x16.eq(v128.and(spread, places), places)));
  }
  for (; at < length; at++) {
    const isSet = (((load<u8>(input + (at >> 3)) as u32) >> (at & 7)) & 1) != 0;
    store<u8>(output + at, isSet ? one : zero);
  }
}
