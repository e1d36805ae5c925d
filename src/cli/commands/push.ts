import { MgitError } from '../../base/errors.ts';
import { type PushResult, pushRemote } from '../../ops/transfer/push.ts';
import type { PushSafety } from '../../ops/transfer/push-plan.ts';
import { type CommandInput, type CommandSpec, flagOption, listArgument, textArgument } from '../command.ts';
import { jsonValue } from '../json.ts';
import { packsText, transferLines } from '../views/transfer.ts';
import { longOperation, withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'push',
  summary: 'send commits, packs and reports to a remote',
  description:
    'Packs go first, then what names them, then branches: an interrupted push is continued by the next.',
  arguments: [
    { name: '[remote]', description: 'a name or URL; default: where the branch is pushed to, else origin' },
    { name: '[refspecs...]', description: 'source:destination, or :destination to delete' },
  ],
  options: [
    { flags: '-u, --set-upstream', description: 'let the branch follow where it is pushed to' },
    { flags: '--force-with-lease', description: 'overwrite the branch if it is as last fetched' },
    { flags: '-f, --force', description: 'overwrite the branch whatever is there' },
    { flags: '-d, --delete', description: 'delete the named refs on the remote' },
    { flags: '--tags', description: 'all tags as well' },
    { flags: '--no-verify', description: 'do not run the pre-push hook' },
    { flags: '-n, --dry-run', description: 'say what would happen' },
  ],
  example: 'mgit push -u origin better-digits',
  confirms: true,
  run: (context, input) =>
    withRepository(context, async repository => {
      const refspecs = listArgument(input, 1);
      if (flagOption(input, 'delete') && refspecs.length === 0)
        throw new MgitError('USAGE', 'nothing named to delete', {
          hint: 'name the remote and the branches: mgit push --delete origin old-branch',
        });
      const result = await pushRemote(repository, {
        ...longOperation(context),
        remote: textArgument(input, 0),
        refspecs,
        safety: safetyOf(input),
        delete: flagOption(input, 'delete'),
        tags: flagOption(input, 'tags'),
        setUpstream: flagOption(input, 'setUpstream'),
        verify: input.options.verify !== false,
        dryRun: flagOption(input, 'dryRun'),
      });
      return { json: jsonValue(result), human: pushText(result) };
    }),
};

function safetyOf(input: CommandInput): PushSafety {
  if (flagOption(input, 'force')) return 'force';
  return flagOption(input, 'forceWithLease') ? 'lease' : 'fast-forward';
}

function pushText(result: PushResult): string {
  const lines = transferLines(result.refs.map(ref => ({ ...ref, from: ref.source, to: ref.ref })));
  const packs = packsText('sent', result.packs);
  if (lines.length === 0 && packs === '') return 'Everything up to date.';
  return [`To ${result.url}`, ...lines, packs].filter(Boolean).join('\n');
}
