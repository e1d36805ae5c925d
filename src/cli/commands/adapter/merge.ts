import { MgitError } from '../../../base/errors.ts';
import { ADAPTER_METHODS, type AdapterMethod, mergeAdapters } from '../../../ops/adapters/merge-adapters.ts';
import { type CommandInput, type CommandSpec, flagOption, listArgument, textOption } from '../../command.ts';
import { jsonValue } from '../../json.ts';
import { mergedAdaptersText } from '../../views/adapter.ts';
import { longOperation } from '../../with-repository.ts';

export const merge: CommandSpec = {
  name: 'merge',
  summary: 'merge LoRA adapters of one base into one adapter',
  description:
    'cat: the exact sum, with the sum of the ranks. svd: that in a smaller rank. linear: the average of the factors, as PEFT does it; the ranks must be the same.\n' +
    'knots: TIES in directions that all changes have in common (KnOTS). No repository is needed.',
  arguments: [{ name: '<adapters...>', description: "folders that PEFT's save_pretrained wrote" }],
  options: [
    { flags: '--out <folder>', description: 'the folder of the merged adapter' },
    { flags: '--method <name>', description: 'how (default: cat)', choices: ADAPTER_METHODS },
    {
      flags: '--weight <numbers>',
      description: 'factor of each change, such as 0.5 or 0.7,0.3 (default: 1)',
    },
    {
      flags: '--rank <n>',
      description: 'rank of the result at most, for svd (default: the largest) and knots (default: the sum)',
    },
    {
      flags: '--density <share>',
      description: 'for knots: the share of the elements of each change that stay (default: 1)',
    },
    { flags: '--lambda <number>', description: 'for knots: factor of the merged change (default: 1)' },
    { flags: '--force', description: 'replace what is at --out' },
  ],
  example: 'mgit adapter merge math code --method svd --rank 16 --out both',
  run: async (context, input) => {
    const numbers = {
      weights: numbersOption(input, 'weight'),
      rank: wholeOption(input, 'rank'),
      density: numberBetween(input, 'density', [0, 1]),
      lambda: numberBetween(input, 'lambda', [-Infinity, Infinity]),
    };
    const given = Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== undefined));
    const merged = await mergeAdapters(context.ports, {
      ...longOperation(context),
      ...given,
      cwd: context.cwd,
      adapters: listArgument(input, 0),
      out: requiredOut(input),
      method: (textOption(input, 'method') ?? 'cat') as AdapterMethod,
      force: flagOption(input, 'force'),
    });
    return { json: jsonValue(merged), human: mergedAdaptersText(merged) };
  },
};

/** Where the result goes. Errors: `USAGE`. */
export function requiredOut(input: CommandInput): string {
  const out = textOption(input, 'out');
  if (out !== undefined) return out;
  throw new MgitError('USAGE', 'where to?', { hint: 'name a folder with --out' });
}

/** A whole number of at least 1. Errors: `USAGE`. */
export function wholeOption(input: CommandInput, name: string): number | undefined {
  const text = textOption(input, name);
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new MgitError('USAGE', `--${name} takes a whole number, not ${JSON.stringify(text)}`);
}

function numbersOption(input: CommandInput, name: string): readonly number[] | undefined {
  const text = textOption(input, name);
  if (text === undefined) return undefined;
  const values = text.split(',').map(part => (part.trim() === '' ? Number.NaN : Number(part)));
  if (values.every(Number.isFinite)) return values;
  throw new MgitError('USAGE', `--${name} takes numbers, not ${JSON.stringify(text)}`);
}

function numberBetween(
  input: CommandInput,
  name: string,
  [least, most]: readonly [number, number],
): number | undefined {
  const [value, ...others] = numbersOption(input, name) ?? [];
  if (value === undefined) return undefined;
  if (others.length === 0 && value >= least && value <= most) return value;
  throw new MgitError('USAGE', `--${name} takes a number from ${least} to ${most}`);
}
