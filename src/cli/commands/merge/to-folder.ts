import { MgitError } from '../../../base/errors.ts';
import { type MergeToFolderRequest, mergeToFolder } from '../../../ops/merge-folder/merge-folder.ts';
import { assembleShards, mergeShard, type ShardOfMerge } from '../../../ops/merge-folder/merge-shards.ts';
import { previewFolderMerge } from '../../../ops/merge-folder/preview.ts';
import {
  type CommandInput,
  type CommandOutcome,
  flagOption,
  listArgument,
  listOption,
  type OptionSpec,
  textOption,
} from '../../command.ts';
import type { CliContext } from '../../context.ts';
import { jsonValue } from '../../json.ts';
import { folderOutcomeText, folderPreviewText, shardOutcomeText } from '../../views/merge-folder.ts';
import { longOperation } from '../../with-repository.ts';

/** Options of merges that a recipe describes. */
export const RECIPE_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '--recipe <file>',
    description: "merge what a recipe says: mgit's or mergekit's YAML; its models are revisions",
  },
  {
    flags: '--out <place>',
    description:
      'needs no repository: merge the folders and files of the recipe into this folder, or .safetensors file',
  },
  { flags: '--force', description: 'replace what is at --out' },
  {
    flags: '--out-shard-size <elements>',
    description: 'elements in a file of the result at most, such as 500M (default 5B)',
  },
  { flags: '--shard <i/n>', description: "make only the i-th of n shares of the result's files" },
  { flags: '--assemble', description: 'complete the result when all shares are made' },
  { flags: '--tensor-intersection', description: 'leave out tensors that not all models have' },
  { flags: '--tensor-union', description: 'merge tensors that not all models have from those that do' },
];

/** Merges folders and files; no repository is needed. */
export async function mergeFolders(context: CliContext, input: CommandInput): Promise<CommandOutcome> {
  const request = requestOf(context, input);
  if (flagOption(input, 'dryRun')) {
    const preview = await previewFolderMerge(context.ports, request);
    return { json: jsonValue(preview), human: folderPreviewText(context.io, preview) };
  }
  const shard = textOption(input, 'shard');
  const isAssembly = flagOption(input, 'assemble');
  if (shard !== undefined && isAssembly)
    throw new MgitError('USAGE', '--shard and --assemble exclude each other', {
      hint: 'assemble when all shares are made',
    });
  if (shard !== undefined) {
    const made = await mergeShard(context.ports, request, parseShard(shard));
    return { json: jsonValue(made), human: shardOutcomeText(made) };
  }
  const merge = isAssembly ? assembleShards : mergeToFolder;
  const outcome = await merge(context.ports, request);
  return { json: jsonValue(outcome), human: folderOutcomeText(outcome) };
}

function requestOf(context: CliContext, input: CommandInput): MergeToFolderRequest {
  const recipe = textOption(input, 'recipe');
  const out = textOption(input, 'out');
  if (recipe === undefined || out === undefined)
    throw new MgitError('USAGE', '--recipe and --out belong together', {
      hint: 'mgit merge --recipe recipe.yaml --out merged',
    });
  if (listArgument(input, 0).length > 0 || textOption(input, 'strategy') !== undefined)
    throw new MgitError('USAGE', 'with --out, the recipe alone says what is merged and how', {
      hint: 'name models and method in the recipe',
    });
  const size = textOption(input, 'outShardSize');
  return {
    ...longOperation(context),
    cwd: context.cwd,
    recipe,
    out,
    given: listOption(input, 'strategyOption'),
    force: flagOption(input, 'force'),
    missing: missingOf(input),
    ...(size === undefined ? {} : { shardElements: parseElements(size) }),
  };
}

function missingOf(input: CommandInput) {
  const [intersection, union] = [flagOption(input, 'tensorIntersection'), flagOption(input, 'tensorUnion')];
  if (intersection && union)
    throw new MgitError('USAGE', '--tensor-intersection and --tensor-union exclude each other');
  return intersection ? 'leave-out' : union ? 'merge-present' : 'refuse';
}

/** Reads a share as `2/8`. Errors: `USAGE`. */
function parseShard(text: string): ShardOfMerge {
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(text);
  const [index, count] = [Number(match?.[1]), Number(match?.[2])];
  if (index >= 1 && index <= count) return { index, count };
  throw new MgitError('USAGE', `--shard ${text} is no share`, { hint: 'write it as 1/8, up to 8/8' });
}

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 1e3, M: 1e6, B: 1e9 };

/** Reads a number of elements as mergekit writes it: 5B, 500M, 2000000. Errors: `USAGE`. */
function parseElements(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([KMB]?)$/i.exec(text);
  const elements = Math.floor(Number(match?.[1]) * (UNITS[(match?.[2] ?? '').toUpperCase()] ?? Number.NaN));
  if (Number.isSafeInteger(elements) && elements > 0) return elements;
  throw new MgitError('USAGE', `--out-shard-size ${text} is no number of elements`, {
    hint: 'write it as 5B, 500M or 2000000',
  });
}
