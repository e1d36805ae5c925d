/**
 * Adds up values in a binary tree whose shape depends on nothing but their number: a pair is joined as soon as both halves are
 * complete. Rounding errors grow with the depth, not with the number. Source: Higham, "The accuracy of floating point
 * summation", 1993 (pairwise summation).
 */
export interface PairwiseSum<Value> {
  add(value: Value): void;
  /** The sum of all values; undefined when there are none. */
  total(): Value | undefined;
}

/** An empty sum with this way to add the sum of a left part and the sum of the part right of it. */
export function createPairwiseSum<Value>(join: (left: Value, right: Value) => Value): PairwiseSum<Value> {
  const complete: { readonly level: number; readonly value: Value }[] = [];
  return {
    add: value => {
      let node = { level: 0, value };
      for (let left = complete.at(-1); left?.level === node.level; left = complete.at(-1)) {
        complete.pop();
        node = { level: node.level + 1, value: join(left.value, node.value) };
      }
      complete.push(node);
    },
    total: () =>
      complete
        .map(node => node.value)
        .reduceRight<Value | undefined>(
          (right, left) => (right === undefined ? left : join(left, right)),
          undefined,
        ),
  };
}
