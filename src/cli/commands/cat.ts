import { resolve } from 'node:path';
import { isSystemError, MgitError } from '../../base/errors.ts';
import { type CatContent, type CatRequest, openContent } from '../../ops/content/cat.ts';
import { writeContent } from '../../ops/content/write-content.ts';
import { type CommandInput, type CommandSpec, textArgument, textOption } from '../command.ts';
import type { CliContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { formatBytes } from '../io.ts';
import { longOperation, withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'cat',
  summary: 'write a file or a tensor of any revision, straight from the packs',
  description:
    'Without --tensor: the file itself, a model as it was added. A tensor is written as its elements, row-major and little-endian, or as a NumPy array, in which BF16 and F8 elements become float32 (exactly). What is read is verified; with -o the file appears only when all of it is right.',
  arguments: [{ name: '<revision:path>', description: 'as in Git; ":path" is the index' }],
  options: [
    { flags: '--tensor <name>', description: 'this tensor of a model' },
    { flags: '-o, --output <file>', description: 'write to a file instead of standard output' },
    { flags: '--format <format>', description: 'how a tensor is written', choices: ['raw', 'npy'] },
  ],
  example: 'mgit cat HEAD~3:model.safetensors --tensor encoder.weight --format npy -o weight.npy',
  run: (context, input) =>
    withRepository(context, async repository => {
      const output = textOption(input, 'output');
      if (output === undefined) refuseStdout(context);
      const content = await openContent(repository, requestOf(context, input));
      if (output === undefined) return { json: null, human: '', exitCode: await pour(context, content) };
      const bytes = await writeContent(repository, resolve(context.cwd, output), content.bytes);
      return {
        json: { path: content.path, output, bytes },
        human: context.globals.quiet ? '' : `${output}  ${formatBytes(bytes)}`,
      };
    }),
};

function requestOf(context: CliContext, input: CommandInput): CatRequest {
  const [tensor, format] = [textOption(input, 'tensor'), textOption(input, 'format')];
  return {
    ...longOperation(context),
    cwd: context.cwd,
    at: textArgument(input, 0) ?? '',
    ...(tensor === undefined ? {} : { tensor }),
    ...(format === 'npy' || format === 'raw' ? { format } : {}),
  };
}

function refuseStdout({ globals }: CliContext): void {
  if (globals.json || globals.jsonStream)
    throw new MgitError('USAGE', 'standard output cannot hold the content and JSON', {
      hint: 'add -o <file>',
    });
}

/** Like other programs of its kind it stops quietly when nobody reads on. */
async function pour({ io }: CliContext, content: CatContent): Promise<number> {
  if (content.isModel && io.stdout.isTty)
    throw new MgitError(
      'OUTPUT_IS_TERMINAL',
      `${content.path} is not text, and standard output is a terminal`,
      {
        hint: 'add -o <file>, or send the output into a pipe',
      },
    );
  try {
    for await (const slice of content.bytes) await io.pipe.write(slice);
    return EXIT.done;
  } catch (error) {
    if (isSystemError(error, 'EPIPE')) return EXIT.pipeClosed;
    throw error;
  }
}
