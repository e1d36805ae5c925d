import { MgitError } from '../../../base/errors.ts';
import { type Judge, runBisect } from '../../../ops/bisect/bisect.ts';
import { judgeByCommand } from '../../../ops/bisect/judge-by-command.ts';
import type { Repository } from '../../../ops/repository.ts';
import { type CommandInput, type CommandSpec, listArgument, textOption } from '../../command.ts';
import type { CliContext } from '../../context.ts';
import { foundText, judgedText } from '../../views/bisect.ts';
import { commitJson } from '../../views/commit.ts';
import { longOperation, withRepository } from '../../with-repository.ts';

export const command: CommandSpec = {
  name: 'run',
  summary: 'let a command, or the evaluation of a gate, decide until the commit is found',
  description:
    'A command judges what is checked out by its exit status: 0 good, 125 cannot be tested, others up to 125 bad; 126 and more stop the run. ' +
    'A gate judges by its metric and checks nothing out.',
  arguments: [{ name: '[command...]', description: 'the command and its arguments' }],
  options: [
    { flags: '--gate <name>', description: "a gate of the bad commit's mgit.yaml, whose evaluation judges" },
    { flags: '--metric <name>', description: "which of the gate's metrics (default: its first)" },
    {
      flags: '--threshold <number>',
      description: 'what is still good (default: half-way between the good and the bad commit)',
    },
  ],
  passThrough: true,
  example: 'mgit bisect run python check.py --quick',
  run: (context, input) =>
    withRepository(context, async repository => {
      const { judge, checkout } = await judgeOf(repository, context, input);
      const found = await runBisect(repository, judge, {
        ...longOperation(context),
        checkout,
        onJudged: (commit, mark) => context.onEvent({ type: 'step', message: judgedText(commit, mark) }),
      });
      return { json: { status: 'found', commit: commitJson(found) }, human: foundText(context.io, found) };
    }),
};

async function judgeOf(
  repository: Repository,
  context: CliContext,
  input: CommandInput,
): Promise<{ readonly judge: Judge; readonly checkout: boolean }> {
  const [gate, metric] = [textOption(input, 'gate'), textOption(input, 'metric')];
  const words = listArgument(input, 0);
  if ((gate === undefined) === (words.length === 0))
    throw new MgitError('USAGE', 'either a command or --gate <name> judges', {
      hint: 'for example: mgit bisect run --gate digits',
    });
  const long = longOperation(context);
  if (gate === undefined)
    return { judge: judgeByCommand(words, { ...long, onOutput: outputOf(context) }), checkout: true };
  const threshold = numberOf(textOption(input, 'threshold'));
  const { judgeByMetric } = await import('../../../ops/bisect/judge-by-metric.ts');
  const { judge } = await judgeByMetric(repository, {
    ...long,
    gate,
    ...(metric === undefined ? {} : { metric }),
    ...(threshold === undefined ? {} : { threshold }),
  });
  return { judge, checkout: false };
}

/** Standard output belongs to the answer where that is JSON. */
function outputOf({ io, globals }: CliContext): (bytes: Uint8Array) => void {
  const target = globals.json || globals.jsonStream ? io.stderr : io.stdout;
  const decoder = new TextDecoder();
  return bytes => target.write(decoder.decode(bytes, { stream: true }));
}

function numberOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (text.trim() !== '' && Number.isFinite(number)) return number;
  throw new MgitError('USAGE', `--threshold takes a number, not ${JSON.stringify(text)}`);
}
