import type { JsonValue } from '../../base/canonical-json.ts';
import { readStatus, type Status } from '../../ops/worktree/status.ts';
import { type CommandSpec, flagOption } from '../command.ts';
import { jsonValue } from '../json.ts';
import { porcelainText, statusText } from '../views/status.ts';
import { longOperation, withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'status',
  summary: 'what is staged, changed, untracked or in conflict',
  options: [
    { flags: '-s, --short', description: "Git's short format" },
    { flags: '--porcelain', description: "Git's short format, for scripts" },
    { flags: '-u, --untracked-files', description: 'name every untracked file, not only its folder' },
  ],
  example: 'mgit status',
  run: (context, input) =>
    withRepository(context, async repository => {
      const allUntracked = flagOption(input, 'untrackedFiles');
      const status = await readStatus(repository, { ...longOperation(context), allUntracked });
      const short = flagOption(input, 'short') || flagOption(input, 'porcelain');
      return {
        json: statusJson(status),
        human: short ? porcelainText(status) : statusText(context.io, status),
      };
    }),
};

function statusJson(status: Status): JsonValue {
  const { head } = status;
  return {
    branch: head.kind === 'branch' ? head.ref.replace(/^refs\/heads\//, '') : null,
    commit: head.commit ?? null,
    upstream: status.upstream === undefined ? null : { ...status.upstream },
    staged: status.staged.map(jsonValue),
    unstaged: status.unstaged.map(jsonValue),
    untracked: status.untracked,
    conflicts: status.conflicts.map(jsonValue),
    unfiltered: status.unfiltered,
    merging: status.merging,
    mergingByGit: status.mergingByGit,
    replaying: status.replaying === undefined ? null : { ...status.replaying },
    clean:
      status.staged.length + status.unstaged.length + status.untracked.length + status.conflicts.length === 0,
  };
}
