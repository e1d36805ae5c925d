import { parseRenameRule, renamer } from '../../../../src/formats/names/rename-rule.ts';
import { commonSpelling } from '../../../../src/formats/names/spellings.ts';
import type { FuzzTarget } from '../target.ts';

/** Rename maps: the first line is the name of a tensor, each other one a rule. */
export default {
  seeds: () =>
    ['module.layer1.0.weight\nmodule.*=*\n*.weight=*.w', 'aaaaaaaa\n*a*a*=*b*b*'].map(text =>
      Buffer.from(text),
    ),
  parse: input => {
    const [name = '', ...lines] = Buffer.from(input).toString('utf8').split('\n');
    const rules = lines.map(parseRenameRule);
    renamer(rules)(name);
    commonSpelling(rules)(name);
  },
  words: ['*', '=', '*=*\n', 'module.', '.running_mean', 'backbone.'],
} satisfies FuzzTarget;
