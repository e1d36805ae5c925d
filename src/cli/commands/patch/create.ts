import { resolve } from 'node:path';
import { MgitError } from '../../../base/errors.ts';
import { createPatch } from '../../../ops/patch/create.ts';
import { PREDICTION_LIMITS } from '../../../store/packs/limits.ts';
import type { LossyKind } from '../../../store/patches/patch-header.ts';
import { type CommandInput, type CommandSpec, flagOption, textArgument, textOption } from '../../command.ts';
import { jsonValue } from '../../json.ts';
import { patchText } from '../../views/patch.ts';
import { longOperation, withRepository } from '../../with-repository.ts';

export const command: CommandSpec = {
  name: 'create',
  summary: 'write a range of commits into a file',
  description:
    'It holds only what the base of the range does not have. Whoever has the base gets the same commits from it.',
  arguments: [{ name: '<range>', description: '<base>..<tip>, or <base> for what HEAD has on top of it' }],
  options: [
    { flags: '-o, --output <file>', description: 'the new file (required)' },
    { flags: '--lossless', description: 'every bit of every tensor (the default)' },
    {
      flags: '--sparse <density>',
      description: 'lossy: only this share of the changes to each float tensor, the largest; one commit',
    },
    {
      flags: '--rank <rank>',
      description: 'lossy: the change of each float matrix as two factors of this rank; one commit',
    },
    { flags: '--squash', description: 'one commit instead of all; the range may then hold merges' },
  ],
  example: 'mgit patch create main..topic -o topic.mpatch',
  run: (context, input) =>
    withRepository(context, async repository => {
      const output = textOption(input, 'output');
      if (output === undefined)
        throw new MgitError('USAGE', 'a patch needs a file to go to', { hint: 'name it with -o <file>' });
      const summary = await createPatch(repository, {
        ...longOperation(context),
        range: textArgument(input, 0) ?? '',
        output: resolve(context.cwd, output),
        squash: flagOption(input, 'squash'),
        ...lossyOf(input),
      });
      return { json: jsonValue(summary), human: patchText(summary) };
    }),
};

function lossyOf(input: CommandInput): { readonly lossy?: LossyKind } {
  const [sparse, rank] = [textOption(input, 'sparse'), textOption(input, 'rank')];
  const given = [flagOption(input, 'lossless'), sparse !== undefined, rank !== undefined].filter(Boolean);
  if (given.length > 1)
    throw new MgitError('USAGE', '--lossless, --sparse and --rank exclude each other: give one');
  if (sparse !== undefined) return { lossy: { type: 'sparse', density: densityOf(sparse) } };
  return rank === undefined ? {} : { lossy: { type: 'low-rank', rank: rankOf(rank) } };
}

function densityOf(text: string): number {
  const density = Number(text);
  if (text.trim() !== '' && density > 0 && density <= 1) return density;
  throw new MgitError('USAGE', `--sparse ${text} is no share`, {
    hint: 'give a number above 0, at most 1, such as 0.05',
  });
}

function rankOf(text: string): number {
  const rank = Number(text);
  if (/^\d+$/.test(text) && rank >= 1 && rank <= PREDICTION_LIMITS.rank) return rank;
  throw new MgitError('USAGE', `--rank ${text} is no rank`, {
    hint: `give a whole number from 1 to ${PREDICTION_LIMITS.rank}, such as 8`,
  });
}
