import { counted } from '../../base/counted.ts';
import { MgitError } from '../../base/errors.ts';
import { type AdapterCommitResult, commitAdapter } from '../../ops/adapters/commit-adapter.ts';
import { type CommitResult, commitIndex, subjectOf } from '../../ops/history/commit.ts';
import { editMessage } from '../../ops/history/edit-message.ts';
import type { Repository } from '../../ops/repository.ts';
import {
  type CommandInput,
  type CommandOutcome,
  type CommandSpec,
  flagOption,
  listOption,
  textOption,
} from '../command.ts';
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
    {
      flags: '--adapter <dir>',
      description: 'apply a PEFT adapter (LoRA, IA3) to the model at HEAD, and commit that',
    },
    { flags: '--model <path>', description: 'the model that the adapter is for, where HEAD has several' },
  ],
  example: 'mgit commit -m "Fine-tune on the digits 5 to 9"',
  confirms: true,
  run: (context, input) =>
    withRepository(context, async repository => {
      const adapter = textOption(input, 'adapter');
      if (adapter !== undefined) return adapterOutcome(context, repository, { input, adapter });
      if (textOption(input, 'model') !== undefined)
        throw new MgitError('USAGE', '--model goes with --adapter');
      const result = await commitIndex(repository, {
        ...longOperation(context),
        cwd: context.cwd,
        message: messageOf(input),
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

async function adapterOutcome(
  context: CliContext,
  repository: Repository,
  { input, adapter }: { readonly input: CommandInput; readonly adapter: string },
): Promise<CommandOutcome> {
  const other = ['all', 'amend', 'allowEmpty'].find(name => flagOption(input, name));
  if (other !== undefined || input.options.edit === false)
    throw new MgitError(
      'USAGE',
      '--adapter makes a commit of its own: give no -a, --amend, --no-edit, --allow-empty',
    );
  const model = textOption(input, 'model');
  const result = await commitAdapter(repository, {
    ...longOperation(context),
    cwd: context.cwd,
    adapter,
    ...(model === undefined ? {} : { model }),
    message: messageOf(input),
    verify: input.options.verify !== false,
    ...(flagOption(input, 'gpgSign') ? { sign: true } : {}),
  });
  const id = await repository.history.abbreviate(result.commit.id);
  const { model: path, adapterType, computed, replaced } = result;
  return {
    json: { ...commitOutcome(result), adapter: { type: adapterType, model: path, computed, replaced } },
    human: `${committedText(context, result, id)}\n ${adaptedText(result)}`,
  };
}

function adaptedText({ model, adapterType, computed, replaced }: AdapterCommitResult): string {
  const whole = replaced === 0 ? '' : `, ${replaced} stored whole`;
  return `${adapterType} on ${model}: ${counted(computed, 'tensor')} by their factors${whole}`;
}

function messageOf(input: CommandInput): string | undefined {
  const paragraphs = listOption(input, 'message');
  return paragraphs.length === 0 ? undefined : paragraphs.join('\n\n');
}

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
