import { extractAdapter } from '../../../ops/adapters/extract-adapter.ts';
import { type CommandSpec, flagOption, listOption, textArgument } from '../../command.ts';
import { jsonValue } from '../../json.ts';
import { extractedAdapterText } from '../../views/adapter.ts';
import { longOperation } from '../../with-repository.ts';
import { requiredOut, wholeOption } from './merge.ts';

/** As PEFT's examples have it. */
const USUAL_RANK = 16;

export const extract: CommandSpec = {
  name: 'extract',
  summary: 'make a LoRA adapter of what tells a fine-tuned model from its base',
  description:
    'Of each matrix that changed, the adapter has the factors of the largest dimensions of the change; other changed tensors it holds as a whole.\n' +
    'Models are folders or files; no repository is needed.',
  arguments: [
    { name: '<base>', description: 'the model that was fine-tuned' },
    { name: '<model>', description: 'the fine-tuned model' },
  ],
  options: [
    { flags: '--out <folder>', description: 'the folder of the adapter' },
    { flags: '--rank <n>', description: `rank of the factors at most (default: ${USUAL_RANK})` },
    { flags: '--match <glob>', description: 'only tensors of such names', repeatable: true },
    { flags: '--force', description: 'replace what is at --out' },
  ],
  example: 'mgit adapter extract llama llama-math --rank 32 --out math-lora',
  run: async (context, input) => {
    const extracted = await extractAdapter(context.ports, {
      ...longOperation(context),
      cwd: context.cwd,
      base: textArgument(input, 0) ?? '',
      model: textArgument(input, 1) ?? '',
      out: requiredOut(input),
      rank: wholeOption(input, 'rank') ?? USUAL_RANK,
      match: listOption(input, 'match'),
      force: flagOption(input, 'force'),
    });
    return { json: jsonValue(extracted), human: extractedAdapterText(extracted) };
  },
};
