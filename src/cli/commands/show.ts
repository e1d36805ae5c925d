import { decorations } from '../../ops/history/log.ts';
import { showCommit } from '../../ops/history/show.ts';
import { type CommandSpec, textArgument } from '../command.ts';
import { jsonValue } from '../json.ts';
import { commitJson, commitText } from '../views/commit.ts';
import { changeLines, countFiles } from '../views/file-changes.ts';
import { withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'show',
  summary: 'a commit and what it changed',
  arguments: [{ name: '[revision]', description: 'default: HEAD' }],
  example: 'mgit show HEAD~1',
  run: (context, input) =>
    withRepository(context, async repository => {
      const { commit, changes } = await showCommit(repository, textArgument(input, 0) ?? 'HEAD');
      const names = (await decorations(repository)).get(commit.id) ?? [];
      const lines = changeLines(context.io, changes).map(line => ` ${line}`);
      return {
        json: { commit: commitJson(commit), changes: changes.map(jsonValue) },
        human: [commitText(context.io, commit, names), '', ` ${countFiles(changes)}`, ...lines].join('\n'),
      };
    }),
};
