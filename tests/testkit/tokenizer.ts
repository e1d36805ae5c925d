/** A `tokenizer.json` of whole words: each token's id is its place; added ones come behind. */
export function wordTokenizer(words: readonly string[], added: readonly string[] = []): Uint8Array {
  const properties = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  const document = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added.map((content, index) => ({ id: words.length + index, content, ...properties })),
    normalizer: null,
    pre_tokenizer: { type: 'Whitespace' },
    post_processor: null,
    decoder: null,
    model: {
      type: 'WordLevel',
      vocab: Object.fromEntries(words.map((word, id) => [word, id])),
      unk_token: words[0],
    },
  };
  return Buffer.from(JSON.stringify(document));
}
