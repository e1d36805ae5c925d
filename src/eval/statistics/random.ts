/**
 * A small deterministic generator of uniform 32-bit integers, the same on every machine.
 * Source: Bob Jenkins' small fast counter-based generator sfc32, seeded by 12 warm-up rounds.
 */
export function seededIntegers(seed: number): () => number {
  let [a, b, c, counter] = [seed | 0, 0x9e3779b9 | 0, 0x243f6a88 | 0, 1];
  const next = (): number => {
    const result = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + result;
    c |= 0;
    return result >>> 0;
  };
  for (let round = 0; round < 12; round++) next();
  return next;
}

/** Uniform integers below `bound` without modulo bias. */
export function seededBelow(seed: number, bound: number): () => number {
  const next = seededIntegers(seed);
  const limit = Math.floor(0x1_0000_0000 / bound) * bound;
  return () => {
    let value = next();
    while (value >= limit) value = next();
    return value % bound;
  };
}
