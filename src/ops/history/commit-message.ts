import { MgitError } from '../../base/errors.ts';
import { makeDurableDirectory } from '../../store/packs/durable-directory.ts';
import type { Repository } from '../repository.ts';

/** Where a commit message comes from, for the hook `prepare-commit-msg`. */
export type MessageSource = 'message' | 'merge' | 'commit' | 'template';

/**
 * Passes a message through the hooks `prepare-commit-msg` and `commit-msg` and tidies it as `git commit --cleanup` does.
 * Errors: `HOOK_FAILED`, `MESSAGE_EMPTY`.
 */
export async function finishMessage(
  repository: Repository,
  draft: string,
  options: { readonly source: MessageSource; readonly verify: boolean; readonly stripComments: boolean },
): Promise<string> {
  const message = tidy(await throughHooks(repository, draft, options), options.stripComments);
  if (message === '')
    throw new MgitError('MESSAGE_EMPTY', 'the commit message is empty', { hint: 'give one with -m' });
  return message;
}

/** Hooks change the message in a file of its own: another commit in the same work tree must not mix with it. */
async function throughHooks(
  repository: Repository,
  draft: string,
  options: { readonly source: MessageSource; readonly verify: boolean },
): Promise<string> {
  const { ports, mgitDirectory, history } = repository;
  const { fs } = ports;
  await makeDurableDirectory(fs, `${mgitDirectory}/tmp`);
  const folder = await fs.makeTemporaryDirectory(`${mgitDirectory}/tmp/message-`);
  const path = `${folder}/COMMIT_EDITMSG`;
  try {
    await writeMessage(repository, path, draft);
    await requireHook(repository, 'prepare-commit-msg', [path, options.source]);
    if (options.verify) await requireHook(repository, 'commit-msg', [path]);
    return Buffer.from(await fs.readFile(path)).toString('utf8');
  } finally {
    await fs.removeDirectory(folder, { recursive: true });
    await writeMessage(repository, `${history.gitDirectory}/COMMIT_EDITMSG`, draft); // Where people look for what was refused.
  }
}

/** Runs a hook that may refuse. Errors: `HOOK_FAILED`. */
export async function requireHook(
  repository: Repository,
  name: string,
  args: readonly string[] = [],
): Promise<void> {
  if (await repository.history.runHook(name, args)) return;
  throw new MgitError('HOOK_FAILED', `the hook ${name} refused`, {
    hint: 'do what the hook says, or skip it with --no-verify where you may',
  });
}

/** Trailing white space off, blank lines collapsed, one line feed at the end. Source: git-stripspace(1). */
export function tidy(text: string, stripComments: boolean): string {
  const lines = text.split(/\r?\n/).filter(line => !stripComments || !line.startsWith('#'));
  const body = lines
    .map(line => line.trimEnd())
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .replace(/^\n+|\n+$/g, '');
  return body === '' ? '' : `${body}\n`;
}

async function writeMessage(repository: Repository, path: string, text: string): Promise<void> {
  const file = await repository.ports.fs.open(path, 'write');
  try {
    await file.write(Buffer.from(text.endsWith('\n') ? text : `${text}\n`), 0);
  } finally {
    await file.close();
  }
}
