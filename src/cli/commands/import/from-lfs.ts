import { importFromLfs } from '../../../ops/import/import-from-lfs.ts';
import { installDrivers } from '../../../ops/install.ts';
import type { Repository } from '../../../ops/repository.ts';
import {
  type CommandInput,
  type CommandOutcome,
  flagOption,
  listOption,
  type OptionSpec,
  textOption,
} from '../../command.ts';
import type { CliContext } from '../../context.ts';
import { jsonValue } from '../../json.ts';
import { importText } from '../../views/import.ts';
import { longOperation } from '../../with-repository.ts';

/** What `mgit import --from-lfs` takes. */
export const FROM_LFS_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '--from-lfs [globs...]',
    description:
      'import the history of this repository: files that match these globs, else those named as checkpoints usually are',
  },
  {
    flags: '--exclude <glob>',
    description: 'with --from-lfs: leave these files as they are',
    repeatable: true,
  },
  { flags: '--remote <name>', description: 'with --from-lfs: where objects come from that are not here' },
  {
    flags: '--leave-broken',
    description: 'with --from-lfs: leave versions whose bytes are missing, or that no format reads',
  },
  { flags: '-n, --dry-run', description: 'with --from-lfs: say what would be done' },
];

/** Rewrites the history of a repository, and lets plain git work on it. */
export async function runFromLfs(
  context: CliContext,
  repository: Repository,
  input: CommandInput,
): Promise<CommandOutcome> {
  const dryRun = flagOption(input, 'dryRun');
  const result = await importFromLfs(repository, {
    ...longOperation(context),
    globs: listOption(input, 'fromLfs'),
    exclude: listOption(input, 'exclude'),
    remote: textOption(input, 'remote'),
    leaveBroken: flagOption(input, 'leaveBroken'),
    dryRun,
  });
  if (!dryRun) await installDrivers(repository, 'local');
  return { json: jsonValue(result), human: importText(result) };
}
