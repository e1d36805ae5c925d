/** Consecutive parts of `bytes`, by their lengths: views, not copies. */
export function partsOf(bytes: Uint8Array, lengths: readonly number[]): readonly Uint8Array[] {
  let at = 0;
  return lengths.map(length => {
    at += length;
    return bytes.subarray(at - length, at);
  });
}
