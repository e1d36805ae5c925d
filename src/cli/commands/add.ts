import { MgitError } from '../../base/errors.ts';
import type { Repository } from '../../ops/repository.ts';
import { type AddedFile, addPaths, bytesNamed } from '../../ops/worktree/add.ts';
import { untrackedModels } from '../../ops/worktree/track.ts';
import { type CommandOutcome, type CommandSpec, flagOption, listArgument } from '../command.ts';
import { formatBytes, table } from '../io.ts';
import { jsonValue } from '../json.ts';
import { longOperation, withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'add',
  summary: 'stage files; tensors of models go to the store',
  arguments: [{ name: '[paths...]', description: 'files, folders or globs' }],
  options: [
    { flags: '-A, --all', description: 'everything in the work tree' },
    { flags: '-u, --update', description: 'only files that are tracked already' },
    { flags: '-f, --force', description: 'ignored files, too' },
    {
      flags: '--renormalize',
      description: 'tracked files afresh, such as models that were committed without mgit',
    },
    { flags: '-n, --dry-run', description: 'say what would be staged' },
    { flags: '--coding <policy>', description: 'how new tensors are stored', choices: ['auto', 'raw'] },
  ],
  example: 'mgit add model.safetensors config.json',
  confirms: true,
  run: async (context, input) => {
    const expectedBytes = await bytesNamed(context.ports.fs, context.cwd, listArgument(input, 0));
    const run = async (repository: Repository): Promise<CommandOutcome> => {
      const [all, update] = [flagOption(input, 'all'), flagOption(input, 'update')];
      const renormalize = flagOption(input, 'renormalize');
      const named = listArgument(input, 0);
      if (named.length === 0 && !all && !update && !renormalize)
        throw new MgitError('USAGE', 'nothing named to add', {
          hint: 'name files, or use "mgit add ." or -A',
        });
      const files = await addPaths(repository, {
        ...longOperation(context),
        cwd: named.length === 0 ? repository.workTree : context.cwd,
        paths: named,
        update,
        renormalize,
        force: flagOption(input, 'force'),
        dryRun: flagOption(input, 'dryRun'),
        ...(input.options.coding === 'raw' ? { coding: 'raw' as const } : {}),
      });
      for (const path of await untrackedModels(
        repository,
        files.map(file => file.path),
      ))
        context.onEvent({
          type: 'warning',
          code: 'MODEL_NOT_TRACKED',
          message: `${path} is staged as an ordinary file`,
          hint: `run "mgit track '*.safetensors'", then add it again`,
        });
      return { json: { files: files.map(jsonValue) }, human: addedText(files, flagOption(input, 'dryRun')) };
    };
    return withRepository(context, run, { expectedBytes });
  },
};

/** As Git, ordinary files go in silently; models are worth a line. */
function addedText(files: readonly AddedFile[], all: boolean): string {
  const rows = files.flatMap(file => {
    if (file.tensors !== undefined)
      return [
        [
          file.path,
          `${file.tensors} ${file.tensors === 1 ? 'tensor' : 'tensors'}`,
          `${formatBytes(file.newBytes ?? 0)} new`,
        ],
      ];
    return all ? [[file.path, file.action]] : [];
  });
  return table(rows, ['left', 'right', 'right']);
}
