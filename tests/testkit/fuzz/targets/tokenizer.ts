import { parseTokenizer } from '../../../../src/merge/vocabulary/tokenizer-file.ts';
import type { FuzzTarget } from '../target.ts';

/** `tokenizer.json`: what is read can be written. */
export default {
  seeds: () => [
    Buffer.from(
      '{"model":{"type":"BPE","vocab":{"a":0,"b":1},"merges":["a b"]},"added_tokens":[{"id":2,"content":"<x>"}]}',
    ),
    Buffer.from('{"model":{"type":"Unigram","vocab":[["a",-1.5],["b",-2]]}}'),
  ],
  parse: input => JSON.stringify(parseTokenizer(input, 'tokenizer.json').document),
  words: ['"vocab":', '"added_tokens":', 'WordPiece'],
} satisfies FuzzTarget;
