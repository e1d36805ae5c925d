const COMPANIONS = new Set([
  'config.json',
  'generation_config.json',
  'preprocessor_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'vocab.txt',
  'merges.txt',
]);

/**
 * Files that an evaluation may read beside a model's tensors: data, never code. A candidate's must be those of the target's tip,
 * except where a change of policy was allowed.
 */
export function isModelCompanion(path: string): boolean {
  return COMPANIONS.has(path.slice(path.lastIndexOf('/') + 1));
}
