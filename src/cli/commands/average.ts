import { counted } from '../../base/counted.ts';
import { averageCommits } from '../../ops/average/average.ts';
import { subjectOf } from '../../ops/history/commit.ts';
import { type CommandSpec, listArgument, listOption, textOption } from '../command.ts';
import { jsonValue } from '../json.ts';
import { longOperation, withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'average',
  summary: 'average the models over several commits and commit the result',
  description:
    'Of a range, the commits that changed a model, the oldest first. Nothing is merged: use it to smooth the last steps of a training, or for a soup of several fine-tunings.',
  arguments: [{ name: '<revisions...>', description: 'ranges such as main~10..main, or revisions' }],
  options: [
    { flags: '-s, --strategy <method>', description: 'a merge method that needs no base (default: ema)' },
    {
      flags: '-X, --strategy-option <key=value>',
      description: 'a parameter of the method',
      repeatable: true,
    },
    { flags: '-m, --message <text>', description: 'the message of the commit' },
  ],
  example: 'mgit average main~10..main -s ema -X decay=0.8',
  confirms: true,
  run: (context, input) =>
    withRepository(context, async repository => {
      const message = textOption(input, 'message');
      const { commit, method, versions, models } = await averageCommits(repository, {
        ...longOperation(context),
        cwd: context.cwd,
        revisions: listArgument(input, 0),
        method: textOption(input, 'strategy') ?? 'ema',
        given: listOption(input, 'strategyOption'),
        ...(message === undefined ? {} : { message }),
      });
      const id = await repository.history.abbreviate(commit.id);
      const lines = models.map(
        ({ path, counts }) =>
          ` ${path}: ${counted(counts.computed, 'tensor')} averaged, ${counts.kept} the same`,
      );
      return {
        json: jsonValue({ commit: commit.id, method, versions, models }),
        human: [
          `[${id}] ${subjectOf(commit.message)}`,
          ` ${versions.length} versions by ${method}`,
          ...lines,
        ].join('\n'),
      };
    }),
};
