import { MgitError } from '../../base/errors.ts';
import { blameFile } from '../../ops/history/blame.ts';
import { splitRevisions } from '../../ops/history/revision-arguments.ts';
import { type CommandSpec, listArgument, listOption } from '../command.ts';
import { blameJson, blameText } from '../views/blame.ts';
import { longOperation, withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'blame',
  summary: 'the commit that last changed each tensor of a model',
  description:
    'A merge is blamed for tensors that equal no parent. Without a revision: the work tree, whose changes are "not committed yet".',
  arguments: [
    { name: '<revision-and-file...>', description: 'the model, after a revision where one is meant' },
  ],
  options: [{ flags: '--tensor <glob>', description: 'only tensors of this name', repeatable: true }],
  example: "mgit blame model.safetensors --tensor 'encoder.*'",
  run: (context, input) =>
    withRepository(context, async repository => {
      const { revisions, paths } = await splitRevisions(repository, {
        cwd: context.cwd,
        words: listArgument(input, 0),
        afterDashes: input.afterDashes,
      });
      const [path, ...more] = paths;
      if (path === undefined || more.length > 0 || revisions.length > 1)
        throw new MgitError('USAGE', 'blame takes one file, after at most one revision');
      const [revision] = revisions;
      const blamed = await blameFile(repository, {
        ...longOperation(context),
        cwd: context.cwd,
        path,
        tensors: listOption(input, 'tensor'),
        ...(revision === undefined ? {} : { revision }),
      });
      return {
        json: blameJson(path, blamed),
        human: await blameText(context.io, repository.history, blamed),
      };
    }),
};
