/**
 * Whether a tensor counts the batches that a batch normalisation has seen in training: PyTorch's integer buffer `num_batches_tracked`. It
 * differs in every fine-tuned network that has one, has no average, and nothing but a cumulative average in further training reads it: a
 * merge keeps the first model's instead of asking.
 */
export function isBatchCounter(name: string): boolean {
  return /(^|\.)num_batches_tracked$/.test(name);
}
