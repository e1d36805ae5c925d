import type { OrderTerms } from '../methods/torch-order.ts';
import type { Vectors } from '../vectors.ts';
import type { Register } from '../workspace.ts';

/** How the sign of an element is elected. */
export interface Election {
  /** Models vote with the size of their change, or each with one vote. */
  readonly by: 'sum' | 'count';
  /** What each model that agrees adds to the divisor of the mean. */
  readonly shares: readonly number[];
}

/** Sums over the models of a slice, element by element. */
export interface Sums {
  /** Adds up a term per model; `termOf` is called when it is added, and may use the same register each time. */
  add(total: Register, termOf: (register: Register, model: number) => Register): void;
}

/** Sums in a certain order, each rounded where `round` does so; `lane` is for partial sums. */
export function sumsOf(
  { work, registers }: Vectors,
  { lane, round }: { readonly lane: Register; readonly round: (target: Register) => void },
  order: OrderTerms,
): Sums {
  const terms = [...registers.entries()];
  return {
    add: (total, termOf) => {
      const [main = [], ...others] = order(terms);
      work.clear(total);
      for (const [model, register] of main) work.add(total, termOf(register, model));
      for (const part of others) {
        if (part.length === 0) continue;
        work.clear(lane);
        for (const [model, register] of part) work.add(lane, termOf(register, model));
        work.add(total, lane);
      }
      round(total);
    },
  };
}

/** Makes the elements of all vectors 0 that do not have the elected sign, and leaves in `divisors` the sum of the shares of those that have. */
export function elect(
  { work, registers }: Vectors,
  { by, shares }: Election,
  {
    sums,
    divisors,
    scratch,
  }: { readonly sums: Sums; readonly divisors: Register; readonly scratch: Register },
): void {
  sums.add(divisors, register => {
    if (by === 'sum') return register;
    work.signs(scratch, register);
    return scratch;
  });
  for (const register of registers) work.keepAgreeing(register, divisors);
  sums.add(divisors, (register, model) => {
    work.markNonZero(scratch, register, shares[model] ?? 0);
    return scratch;
  });
}
