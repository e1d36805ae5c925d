const MOST_TRIES = 200;

/** Takes runs of bytes out of an input, ever shorter ones, as long as what `holds` says of it stays true. */
export async function shrink(
  input: Uint8Array,
  holds: (smaller: Uint8Array) => Promise<boolean>,
): Promise<Uint8Array> {
  let smallest = input;
  let tries = 0;
  for (let length = smallest.length >> 1; length > 0; length >>= 1)
    for (let at = 0; at + length <= smallest.length && tries < MOST_TRIES; tries++) {
      const smaller = Buffer.concat([smallest.subarray(0, at), smallest.subarray(at + length)]);
      if (await holds(smaller)) smallest = smaller;
      else at += length;
    }
  return smallest;
}
