import { MgitError } from '../../base/errors.ts';
import { mergeForGit } from '../../ops/merge/merge-driver.ts';
import { type CommandSpec, listArgument } from '../command.ts';
import { longOperation, withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'merge-driver',
  summary: 'merge one model for plain git (Git starts this)',
  arguments: [{ name: '<files...>', description: '%O %A %B %P of gitattributes(5)' }],
  example: 'git config merge.mgit.driver "mgit merge-driver %O %A %B %P"',
  run: (context, input) =>
    withRepository(context, async repository => {
      const [base, ours, theirs, path] = listArgument(input, 0);
      if (base === undefined || ours === undefined || theirs === undefined || path === undefined)
        throw new MgitError('USAGE', 'merge-driver needs base, ours, theirs and the path');
      const files = { cwd: context.cwd, base, ours, theirs, path };
      const { conflicts } = await mergeForGit(repository, { ...longOperation(context), ...files });
      if (conflicts.length === 0) return { json: { path, conflicts }, human: '' };
      context.onEvent({
        type: 'warning',
        code: 'MERGE_CONFLICTS',
        message: `${path}: both sides changed ${conflicts.join(', ')}`,
        hint: 'give up with "git merge --abort" and use "mgit merge", which merges tensors by a method',
      });
      return { json: { path, conflicts }, human: '', exitCode: 1 };
    }),
};
