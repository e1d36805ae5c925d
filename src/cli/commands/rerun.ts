import { MgitError } from '../../base/errors.ts';
import { type RerunResult, rerunCommit } from '../../ops/training/rerun.ts';
import { type CommandSpec, flagOption, textArgument, textOption } from '../command.ts';
import { type CliIo, paint, table } from '../io.ts';
import { jsonValue } from '../json.ts';
import { longOperation, withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'rerun',
  summary: 'repeat the training run of a commit and compare the results',
  description:
    'Works in a temporary place; the work tree is left alone. Exits with 0 for bit-identical and within-tolerance, with 1 for different.',
  arguments: [{ name: '<commit>', description: 'a commit that "mgit train" made' }],
  options: [
    {
      flags: '--tolerance <number>',
      description: 'largest relative L2 distance of a tensor (default 0.001)',
    },
    { flags: '--allow-command', description: 'run the command that the commit records' },
  ],
  example: 'mgit rerun HEAD',
  run: (context, input) =>
    withRepository(context, async repository => {
      const tolerance = textOption(input, 'tolerance');
      const result = await rerunCommit(repository, {
        ...longOperation(context),
        revision: textArgument(input, 0) ?? 'HEAD',
        allowCommand: flagOption(input, 'allowCommand'),
        ...(tolerance === undefined ? {} : { tolerance: toleranceOf(tolerance) }),
      });
      return {
        json: jsonValue(result),
        human: rerunText(context.io, result),
        exitCode: result.verdict === 'different' ? 1 : 0,
      };
    }),
};

function toleranceOf(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new MgitError('USAGE', `--tolerance takes a number, not ${JSON.stringify(text)}`);
}

function rerunText(io: CliIo, { verdict, tolerance, tensors, environment }: RerunResult): string {
  const color = { 'bit-identical': 'green', 'within-tolerance': 'yellow', different: 'red' } as const;
  const bound = verdict === 'bit-identical' ? '' : ` (relative L2 per tensor, bound ${tolerance})`;
  const rows = tensors.map(({ name, identical, relativeL2 }) => [
    ` ${name}`,
    identical ? 'identical' : (relativeL2?.toExponential(2) ?? 'not comparable'),
  ]);
  const changes = environment.map(({ what, recorded, here }) => `${what}: ${recorded} then, ${here} now`);
  return [paint(io, color[verdict], verdict) + bound, table(rows), ...changes].join('\n');
}
