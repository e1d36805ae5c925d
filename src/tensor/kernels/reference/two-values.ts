/** The first byte and the other value (the first, if there is none); undefined where there are more. Of at least one byte. */
export function twoValuesReference(bytes: Uint8Array): readonly [number, number] | undefined {
  const values = [...new Set(bytes)];
  const [first = 0, other = first] = values;
  return values.length > 2 ? undefined : [first, other];
}

/** A bit for each byte, set where it is `value`, the least significant first. */
export function packBitsReference(bytes: Uint8Array, value: number): Uint8Array {
  const bits = new Uint8Array(Math.ceil(bytes.length / 8));
  for (const [at, byte] of bytes.entries())
    if (byte === value) bits[at >> 3] = (bits[at >> 3] ?? 0) | (1 << (at & 7));
  return bits;
}
