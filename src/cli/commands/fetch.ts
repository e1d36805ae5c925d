import { MgitError } from '../../base/errors.ts';
import { type FetchResult, fetchRemote } from '../../ops/transfer/fetch.ts';
import { type CommandInput, type CommandSpec, flagOption, listArgument, textArgument } from '../command.ts';
import { depthOption } from '../depth-option.ts';
import { EXIT } from '../exit-codes.ts';
import { jsonValue } from '../json.ts';
import { packsText, transferLines } from '../views/transfer.ts';
import { longOperation, withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'fetch',
  summary: 'bring commits, packs and reports of a remote',
  arguments: [
    { name: '[remote]', description: 'a name or URL; default: what the branch follows, else origin' },
    { name: '[refspecs...]', description: 'what to fetch; default: all branches' },
  ],
  options: [
    { flags: '-p, --prune', description: 'forget branches that the remote no longer has' },
    { flags: '-t, --tags', description: 'all tags, not only those of fetched commits' },
    { flags: '--no-tags', description: 'no tags' },
    { flags: '--depth <n>', description: 'commits of history behind each branch' },
    { flags: '--unshallow', description: 'all of the history' },
    { flags: '--all-tensors', description: 'what a partial clone left with the remote' },
  ],
  example: 'mgit fetch origin',
  confirms: true,
  run: (context, input) =>
    withRepository(context, async repository => {
      const result = await fetchRemote(repository, {
        ...longOperation(context),
        remote: textArgument(input, 0),
        refspecs: listArgument(input, 1),
        prune: flagOption(input, 'prune'),
        tags: tagPolicy(input.options.tags),
        depth: depthOf(input),
        allTensors: flagOption(input, 'allTensors'),
      });
      const isComplete = result.refs.every(({ status }) => status !== 'rejected');
      return {
        json: jsonValue({ ...result, defaultBranch: result.defaultBranch ?? null }),
        human: fetchText(result),
        exitCode: isComplete ? EXIT.done : EXIT.failed,
      };
    }),
};

function depthOf(input: CommandInput): number | 'all' | undefined {
  const depth = depthOption(input);
  if (!flagOption(input, 'unshallow')) return depth;
  if (depth === undefined) return 'all';
  throw new MgitError('USAGE', '--depth and --unshallow exclude each other');
}

function tagPolicy(value: unknown): 'all' | 'none' | 'follow' {
  if (value === undefined) return 'follow';
  return value ? 'all' : 'none';
}

/** What a fetch did, as Git prints it, and the packs that came. */
export function fetchText(result: FetchResult): string {
  const lines = transferLines(
    result.refs.map(ref => ({ ...ref, from: ref.remoteRef, to: ref.ref ?? 'FETCHED' })),
  );
  const packs = packsText('received', result.packs);
  const head = lines.length > 0 || packs !== '' ? [`From ${result.url}`] : [];
  return [...head, ...lines, packs].filter(Boolean).join('\n');
}
