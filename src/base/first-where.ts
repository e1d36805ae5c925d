/**
 * The first position in [`from`, `to`) where a condition holds that holds everywhere after it, too; `to` if there is none. Asks about the
 * logarithm of their number.
 */
export function firstWhere(
  { from = 0, to }: { readonly from?: number; readonly to: number },
  holds: (position: number) => boolean,
): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = low + Math.floor((high - low) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
