import { parseAttributes } from '../../../../src/store/worktree/attributes-file.ts';
import type { FuzzTarget } from '../target.ts';

/** `.gitattributes`, and its patterns against a path. */
export default {
  seeds: () => [
    Buffer.from(
      '*.safetensors filter=mgit -text\n[attr]model diff !merge\n"a b/**" model\n/x[!a-z]?\\* text\n',
    ),
  ],
  parse: input => {
    const text = Buffer.from(input).toString('utf8');
    for (const rule of [...parseAttributes(text, 'a/', true), ...parseAttributes(text, '', false)])
      if (rule.kind === 'paths') rule.pattern.matches('a/bb/ccc-ddd.safetensors');
  },
  words: ['[[:alpha:]]', '**/', '[attr]', '\\', '[^', '!'],
} satisfies FuzzTarget;
