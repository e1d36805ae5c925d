import { trainAndCommit } from '../../ops/training/train.ts';
import { type CommandSpec, listOption, textArgument, textOption } from '../command.ts';
import { jsonValue } from '../json.ts';
import { longOperation, withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'train',
  summary: 'train the model by a recipe and commit the result with its run record',
  description:
    'A recipe trains with the embedded runtime, or runs a command of your own. The record holds what is needed to repeat the run (mgit rerun).',
  arguments: [{ name: '<recipe>', description: 'a recipe in YAML (docs/training.md)' }],
  options: [
    {
      flags: '--set <key=value>',
      description: 'change one thing of the recipe, e.g. optimizer.learning_rate=0.01',
      repeatable: true,
    },
    { flags: '-m, --message <text>', description: 'the message of the commit' },
  ],
  example: 'mgit train recipes/finetune.yaml --set steps=500',
  confirms: true,
  run: (context, input) =>
    withRepository(context, async repository => {
      const message = textOption(input, 'message');
      const result = await trainAndCommit(repository, {
        ...longOperation(context),
        cwd: context.cwd,
        recipe: textArgument(input, 0) ?? '',
        settings: listOption(input, 'set'),
        ...(message === undefined ? {} : { message }),
      });
      const { commit, record, recordPath, model } = result;
      const { metrics, seed, steps = null, seconds, output } = record;
      const id = await repository.history.abbreviate(commit.id);
      const numbers = Object.entries(metrics).map(([name, value]) => `${name} ${value.toPrecision(4)}`);
      return {
        json: jsonValue({
          commit: commit.id,
          model,
          output,
          record: recordPath,
          metrics,
          seed,
          steps,
          seconds,
        }),
        human: [
          `[${id}] ${commit.message.split('\n', 1)[0]}`,
          ` ${numbers.join(', ')}`,
          ` run record ${recordPath}`,
        ]
          .filter(line => line.trim() !== '')
          .join('\n'),
      };
    }),
};
