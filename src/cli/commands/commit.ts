import { type CommitResult, commitIndex, subjectOf } from '../../ops/history/commit.ts';
import { editMessage } from '../../ops/history/edit-message.ts';
import { type CommandInput, type CommandSpec, flagOption, listOption } from '../command.ts';
import type { CliContext } from '../context.ts';
import { jsonValue } from '../json.ts';
import { commitJson } from '../views/commit.ts';
import { changeLines, countFiles } from '../views/file-changes.ts';
import { longOperation, withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'commit',
  summary: 'record what is staged',
  options: [
    { flags: '-m, --message <text>', description: 'the message; each -m is a paragraph', repeatable: true },
    { flags: '-a, --all', description: 'stage changes of tracked files first' },
    { flags: '--amend', description: 'replace the last commit' },
    { flags: '--no-edit', description: 'keep the message of the amended commit or of the merge' },
    { flags: '--allow-empty', description: 'even if nothing changed' },
    { flags: '-n, --no-verify', description: 'skip the hooks pre-commit and commit-msg' },
    { flags: '-S, --gpg-sign', description: 'sign with the configured key' },
  ],
  example: 'mgit commit -m "Fine-tune on the digits 5 to 9"',
  confirms: true,
  run: (context, input) =>
    withRepository(context, async repository => {
      const paragraphs = listOption(input, 'message');
      const result = await commitIndex(repository, {
        ...longOperation(context),
        cwd: context.cwd,
        message: paragraphs.length === 0 ? undefined : paragraphs.join('\n\n'),
        ...(wantsEditor(context, input) ? { edit: (draft: string) => editMessage(repository, draft) } : {}),
        all: flagOption(input, 'all'),
        amend: flagOption(input, 'amend'),
        allowEmpty: flagOption(input, 'allowEmpty'),
        verify: input.options.verify !== false,
        ...(flagOption(input, 'gpgSign') ? { sign: true } : {}),
      });
      const id = await repository.history.abbreviate(result.commit.id);
      return { json: commitOutcome(result), human: committedText(context, result, id) };
    }),
};

/** Only a person at a terminal, or an editor that was chosen for this very command, can answer. */
function wantsEditor({ io, globals, ports }: CliContext, input: CommandInput): boolean {
  if (input.options.edit === false || globals.json || globals.jsonStream) return false;
  return io.stdout.isTty || Boolean(ports.env.GIT_EDITOR);
}

function commitOutcome(result: CommitResult) {
  return {
    commit: commitJson(result.commit),
    branch: result.branch?.replace(/^refs\/heads\//, '') ?? null,
    changes: result.changes.map(jsonValue),
  };
}

function committedText({ io }: CliContext, result: CommitResult, id: string): string {
  const branch = result.branch?.replace(/^refs\/heads\//, '') ?? 'detached HEAD';
  const root = result.commit.parents.length === 0 ? ' (root-commit)' : '';
  const head = `[${branch}${root} ${id}] ${subjectOf(result.commit.message)}`;
  const lines = changeLines(io, result.changes).map(line => ` ${line}`);
  return [head, ` ${countFiles(result.changes)}`, ...lines].join('\n');
}
