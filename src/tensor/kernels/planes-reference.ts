/** How a slice is split into byte planes. */
export interface PlaneShape {
  readonly elements: number;
  readonly elementSize: number;
  /** Whether elements are rotated left by one bit first. */
  readonly rotate: boolean;
}

/** Byte p of every element, for each p from the least significant: what `splitPlanes` computes, one element at a time. */
export function splitPlanesReference(
  input: Uint8Array,
  { elements, elementSize, rotate }: PlaneShape,
): Uint8Array {
  const output = new Uint8Array(elements * elementSize);
  for (let element = 0; element < elements; element++) {
    const value = elementAt(input, element * elementSize, elementSize);
    const turned = rotate ? rotateLeft(value, elementSize) : value;
    for (let byte = 0; byte < elementSize; byte++)
      output[byte * elements + element] = Number((turned >> BigInt(byte * 8)) & 0xffn);
  }
  return output;
}

/** The inverse of {@link splitPlanesReference}. */
export function joinPlanesReference(
  input: Uint8Array,
  { elements, elementSize, rotate }: PlaneShape,
): Uint8Array {
  const output = new Uint8Array(elements * elementSize);
  for (let element = 0; element < elements; element++) {
    let value = 0n;
    for (let byte = 0; byte < elementSize; byte++)
      value |= BigInt(input[byte * elements + element] ?? 0) << BigInt(byte * 8);
    const turned = rotate ? rotateRight(value, elementSize) : value;
    for (let byte = 0; byte < elementSize; byte++)
      output[element * elementSize + byte] = Number((turned >> BigInt(byte * 8)) & 0xffn);
  }
  return output;
}

/** Byte by byte exclusive or of two slices of equal length. */
export function xorBytesReference(left: Uint8Array, right: Uint8Array): Uint8Array {
  return left.map((byte, at) => byte ^ (right[at] ?? 0));
}

function elementAt(bytes: Uint8Array, at: number, size: number): bigint {
  let value = 0n;
  for (let byte = 0; byte < size; byte++) value |= BigInt(bytes[at + byte] ?? 0) << BigInt(byte * 8);
  return value;
}

function rotateLeft(value: bigint, size: number): bigint {
  const bits = BigInt(size * 8);
  return BigInt.asUintN(size * 8, (value << 1n) | (value >> (bits - 1n)));
}

function rotateRight(value: bigint, size: number): bigint {
  const bits = BigInt(size * 8);
  return BigInt.asUintN(size * 8, (value >> 1n) | (value << (bits - 1n)));
}
