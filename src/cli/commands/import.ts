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

export const command: CommandSpec = {
  name: 'import',
  summary: 'take a model file in, in another format, and stage it',
  description:
    'Reads any format that mgit knows, runs nothing of it, and writes a file of another format with the same tensors (names, dtypes, shapes and bytes) into the work tree; or says which tensor that format cannot hold. To version a file as it is, use "mgit add".',
  arguments: [
    { name: '<file>', description: 'a model file, in or outside the work tree, or the index of shards' },
    { name: '[path]', description: 'where it goes; default: its name, with the ending of the format' },
  ],
  options: [
    { flags: '--as <format>', description: 'default: safetensors', choices: FORMAT_CHOICES },
    ...CONVERSION_OPTIONS,
    { flags: '-f, --force', description: 'replace a file that is there' },
  ],
  example: 'mgit import ~/downloads/pytorch_model.bin model.safetensors',
  confirms: true,
  run: (context, input) =>
    withRepository(context, async repository => {
      const [target, format] = [textArgument(input, 1), textOption(input, 'as')];
      const { output: _output, ...file } = await importModel(repository, {
        ...longOperation(context),
        ...conversionChoices(input),
        cwd: context.cwd,
        file: textArgument(input, 0) ?? '',
        ...(target === undefined ? {} : { target }),
        ...(format === undefined ? {} : { format }),
        force: flagOption(input, 'force'),
      });
      return { json: jsonValue(file), human: convertedText(file.path, file) };
    }),
};
