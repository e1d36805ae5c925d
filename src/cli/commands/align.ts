import { MgitError } from '../../base/errors.ts';
import { type AlignedModel, alignModel } from '../../ops/merge-folder/align.ts';
import { type CommandInput, type CommandSpec, flagOption, textArgument, textOption } from '../command.ts';
import { table } from '../io.ts';
import { jsonValue } from '../json.ts';
import { label } from '../views/printable.ts';
import { longOperation } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'align',
  summary: "put the units of a model's layers into the order in which its weights are most like another's",
  description:
    'For models that were trained from different beginnings: aligned, they can be averaged (Git Re-Basin). What the model computes stays the same.\n' +
    'Models are folders or files; no repository is needed.',
  arguments: [{ name: '<model>', description: 'the model to align' }],
  options: [
    { flags: '--to <model>', description: 'the model that it shall be like' },
    { flags: '--out <place>', description: 'a folder, or a .safetensors file' },
    {
      flags: '--permutations <file>',
      description: 'which axes are permuted together, as YAML (default: known ones)',
    },
    { flags: '--seed <n>', description: 'the order in which layers are matched (default: 0)' },
    { flags: '--rounds <n>', description: 'rounds over all layers at most (default: 100)' },
    { flags: '--force', description: 'replace what is at --out' },
  ],
  example: 'mgit align b --to a --out b-aligned',
  run: async (context, input) => {
    const { to, out, permutations } = {
      to: required(input, 'to', 'to which model?'),
      out: required(input, 'out', 'where to?'),
      permutations: textOption(input, 'permutations'),
    };
    const [seed, rounds] = [wholeNumber(input, 'seed'), wholeNumber(input, 'rounds')];
    const aligned = await alignModel(context.ports, {
      ...longOperation(context),
      ...{
        cwd: context.cwd,
        model: textArgument(input, 0) ?? '',
        to,
        out,
        force: flagOption(input, 'force'),
      },
      ...(permutations === undefined ? {} : { permutations }),
      ...(seed === undefined ? {} : { seed }),
      ...(rounds === undefined ? {} : { rounds }),
    });
    return { json: jsonValue(aligned), human: alignedText(aligned) };
  },
};

function required(input: CommandInput, name: string, question: string): string {
  const text = textOption(input, name);
  if (text !== undefined) return text;
  throw new MgitError('USAGE', question, { hint: `say so with --${name}` });
}

function wholeNumber(input: CommandInput, name: string): number | undefined {
  const text = textOption(input, name);
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new MgitError('USAGE', `--${name} takes a whole number, not ${JSON.stringify(text)}`);
}

function alignedText({ out, groups }: AlignedModel): string {
  const rows = groups.map(({ group, units, moved, before, after }) => [
    label(group),
    `${moved} of ${units} units moved`,
    `similarity ${before.toPrecision(4)} -> ${after.toPrecision(4)}`,
  ]);
  return [table(rows), `Aligned model in ${out}`].join('\n');
}
