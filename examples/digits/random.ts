/** A small seeded generator (mulberry32 by Tommy Ettinger): the same digits on every machine. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Uniform in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer in [0, limit). */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** Roughly normal, mean 0 and deviation 1: a sum of uniforms, which is the same everywhere, as a logarithm is not. */
  normal(): number {
    return this.next() + this.next() + this.next() + this.next() - 2 > 0 ? this.#spread() : -this.#spread();
  }

  #spread(): number {
    return Math.abs((this.next() + this.next() + this.next() - 1.5) * 2);
  }
}
