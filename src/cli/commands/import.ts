import { MgitError } from '../../base/errors.ts';
import { importModel } from '../../ops/convert/import.ts';
import { type CommandSpec, flagOption, textArgument, textOption } from '../command.ts';
import {
  CONVERSION_OPTIONS,
  conversionChoices,
  convertedText,
  FORMAT_CHOICES,
} from '../conversion-options.ts';
import { jsonValue } from '../json.ts';
import { longOperation, withRepository } from '../with-repository.ts';
import { FROM_LFS_OPTIONS, runFromLfs } from './import/from-lfs.ts';

export const command: CommandSpec = {
  name: 'import',
  summary: 'take a model file in, in another format, and stage it',
  description:
    'Reads any format that mgit knows, runs nothing of it, and writes a file of another format with the same tensors (names, dtypes, shapes and bytes) into the work tree; or says which tensor that format cannot hold. To version a file as it is, use "mgit add". With --from-lfs, rewrites all branches and tags of this repository so that files kept in Git LFS, or in plain Git, are models in every commit; nothing moves before everything is stored, and "mgit undo" takes it back.',
  arguments: [
    { name: '[file]', description: 'a model file, in or outside the work tree, or the index of shards' },
    { name: '[path]', description: 'where it goes; default: its name, with the ending of the format' },
  ],
  options: [
    { flags: '--as <format>', description: 'default: safetensors', choices: FORMAT_CHOICES },
    ...CONVERSION_OPTIONS,
    { flags: '-f, --force', description: 'replace a file that is there' },
    ...FROM_LFS_OPTIONS,
  ],
  example: 'mgit import ~/downloads/pytorch_model.bin model.safetensors',
  confirms: true,
  run: (context, input) =>
    withRepository(context, async repository => {
      if (input.options.fromLfs !== undefined) return runFromLfs(context, repository, input);
      const file = textArgument(input, 0);
      if (file === undefined)
        throw new MgitError('USAGE', 'nothing named to import', { hint: 'name a file, or use --from-lfs' });
      const [target, format] = [textArgument(input, 1), textOption(input, 'as')];
      const { output: _output, ...imported } = await importModel(repository, {
        ...longOperation(context),
        ...conversionChoices(input),
        cwd: context.cwd,
        file,
        ...(target === undefined ? {} : { target }),
        ...(format === undefined ? {} : { format }),
        force: flagOption(input, 'force'),
      });
      return { json: jsonValue(imported), human: convertedText(imported.path, imported) };
    }),
};
