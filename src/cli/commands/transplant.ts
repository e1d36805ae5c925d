import { MgitError } from '../../base/errors.ts';
import { transplantTokenizer } from '../../ops/merge-folder/transplant.ts';
import { type CommandSpec, flagOption, textArgument, textOption } from '../command.ts';
import { jsonValue } from '../json.ts';
import { label } from '../views/printable.ts';
import { longOperation } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'transplant',
  summary: 'give a model the tokenizer of another, new tokens getting embeddings by regression',
  description:
    'Tokens that the model has keep their embeddings. The others get those of the donor, mapped by what tokens that both have show.\n' +
    'Models are folders as transformers writes them; no repository is needed.',
  arguments: [{ name: '<model>', description: 'the model that gets another tokenizer' }],
  options: [
    { flags: '--tokenizer-from <model>', description: 'the model whose tokenizer it gets' },
    { flags: '--out <folder>', description: 'the folder of the result' },
    { flags: '--force', description: 'replace what is at --out' },
  ],
  example: 'mgit transplant small --tokenizer-from large --out small-with-tokenizer',
  run: async (context, input) => {
    const [from, out] = [textOption(input, 'tokenizerFrom'), textOption(input, 'out')];
    if (from === undefined || out === undefined)
      throw new MgitError('USAGE', 'whose tokenizer, and where to?', {
        hint: 'say so with --tokenizer-from and --out',
      });
    const done = await transplantTokenizer(context.ports, {
      ...longOperation(context),
      ...{
        cwd: context.cwd,
        model: textArgument(input, 0) ?? '',
        from,
        out,
        force: flagOption(input, 'force'),
      },
    });
    const lines = done.tensors.map(
      ({ name, unexplained }) =>
        `${label(name)}: the map explains ${(100 * (1 - unexplained)).toFixed(1)} % of what shared tokens vary`,
    );
    return {
      json: jsonValue(done),
      human: [
        ...lines,
        `${done.shared} tokens kept, ${done.mapped} mapped; the model is in ${done.out}`,
      ].join('\n'),
    };
  },
};
