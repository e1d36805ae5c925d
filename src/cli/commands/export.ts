import { splitRevisionPath } from '../../ops/content/revision-path.ts';
import { exportModel } from '../../ops/convert/export.ts';
import { type CommandSpec, textArgument, textOption } from '../command.ts';
import {
  CONVERSION_OPTIONS,
  conversionChoices,
  convertedText,
  FORMAT_CHOICES,
} from '../conversion-options.ts';
import { jsonValue } from '../json.ts';
import { longOperation, withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'export',
  summary: 'write a model of a commit as a file of another format',
  description:
    'Every tensor keeps its name, dtype, shape and bytes, or the export is refused and says which tensor the format cannot hold. A file that has the format already is written as it was added. Reads straight from the packs, in constant memory; the file appears when all of it is verified.',
  arguments: [
    {
      name: '<revision[:path]>',
      description: 'a commit and, where it holds several, the model: a file, or the index of shards',
    },
    { name: '<output>', description: 'the file to write; its ending says the format' },
  ],
  options: [
    { flags: '--format <format>', description: 'whatever the ending of the name', choices: FORMAT_CHOICES },
    ...CONVERSION_OPTIONS,
  ],
  example:
    "mgit export main:checkpoint.ckpt model.safetensors --tensor 'state_dict.*' --rename 'state_dict.*=*'",
  confirms: true,
  run: (context, input) =>
    withRepository(context, async repository => {
      const [output, format] = [textArgument(input, 1) ?? '', textOption(input, 'format')];
      const file = await exportModel(repository, {
        ...longOperation(context),
        ...conversionChoices(input),
        cwd: context.cwd,
        ...splitRevisionPath(textArgument(input, 0) ?? ''),
        output,
        ...(format === undefined ? {} : { format }),
      });
      return { json: jsonValue({ ...file, output }), human: convertedText(output, file) };
    }),
};
