import { isMgitError } from '../../base/errors.ts';
import { decorations } from '../../ops/history/log.ts';
import { showCommit } from '../../ops/history/show.ts';
import { parseRevisionPath, type RevisionPath, showPath } from '../../ops/history/show-path.ts';
import { readDisagreement, type ShownMerge } from '../../ops/merge/disagreement.ts';
import type { Repository } from '../../ops/repository.ts';
import type { Commit } from '../../store/history/history.ts';
import { type CommandOutcome, type CommandSpec, textArgument } from '../command.ts';
import type { CliContext } from '../context.ts';
import { jsonValue } from '../json.ts';
import { commitJson, commitText } from '../views/commit.ts';
import { disagreementText } from '../views/disagreement.ts';
import { changeLines, countFiles } from '../views/file-changes.ts';
import { printable } from '../views/printable.ts';
import { pathJson, pathText } from '../views/revision-path.ts';
import { withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'show',
  summary: 'a commit and what it changed, or what is at a path of it',
  description:
    'A file is printed as it is, a folder as its names, a model as its tensors (mgit restore --source writes the model itself). ' +
    'Of a merge, what method made it, and per block of layers how far each side had moved, and how much they disagreed.',
  arguments: [{ name: '[object]', description: 'a revision (default: HEAD), or <revision>:<path>' }],
  example: 'mgit show HEAD~1:config.json',
  run: (context, input) =>
    withRepository(context, repository => {
      const object = textArgument(input, 0) ?? 'HEAD';
      const at = parseRevisionPath(object);
      return at ? pathOutcome(context, repository, at) : commitOutcome(context, repository, object);
    }),
};

async function commitOutcome(
  { io, onEvent }: CliContext,
  repository: Repository,
  revision: string,
): Promise<CommandOutcome> {
  const { commit, changes } = await showCommit(repository, revision);
  const merge = await mergeOf(repository, commit, onEvent);
  const names = (await decorations(repository)).get(commit.id) ?? [];
  const lines = changeLines(io, changes).map(line => ` ${line}`);
  return {
    json: {
      commit: commitJson(commit),
      changes: changes.map(jsonValue),
      merge: merge === undefined ? null : jsonValue(merge),
    },
    human: [
      commitText(io, commit, names),
      '',
      ...(merge === undefined ? [] : [disagreementText(io, merge), '']),
      ` ${countFiles(changes)}`,
      ...lines,
    ].join('\n'),
  };
}

/** A record that makes no sense does not keep the commit from being shown. */
async function mergeOf(
  repository: Repository,
  commit: Commit,
  onEvent: CliContext['onEvent'],
): Promise<ShownMerge | undefined> {
  try {
    return await readDisagreement(repository, commit);
  } catch (error) {
    if (!isMgitError(error, 'MERGE_RECORD_INVALID')) throw error;
    const { code, message, hint } = error;
    onEvent({ type: 'warning', code, message, ...(hint === undefined ? {} : { hint }) });
    return undefined;
  }
}

async function pathOutcome(
  { io, cwd, globals }: CliContext,
  repository: Repository,
  at: RevisionPath,
): Promise<CommandOutcome> {
  const shown = await showPath(repository, at, cwd);
  const json = pathJson(shown);
  if (shown.kind !== 'file') return { json, human: pathText(io, shown) };
  if (!globals.json && !globals.jsonStream) await io.pipe.write(onScreen(io, shown.bytes));
  return { json, human: '' };
}

/** Into a pipe or a file goes every byte; a terminal must not be steered by what a file holds. */
function onScreen({ stdout }: CliContext['io'], bytes: Uint8Array): Uint8Array {
  return stdout.isTty ? new TextEncoder().encode(printable(new TextDecoder().decode(bytes))) : bytes;
}
