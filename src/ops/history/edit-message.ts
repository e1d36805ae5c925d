import { MgitError } from '../../base/errors.ts';
import { readText } from '../../store/worktree/work-tree.ts';
import type { Repository } from '../repository.ts';

/**
 * Lets the user write a commit message in an editor (`GIT_EDITOR`, `core.editor`, `VISUAL`, `EDITOR`, else vi) that takes over the terminal.
 * Returns the text with its comment lines. Errors: `EDITOR_FAILED`.
 */
export async function editMessage(repository: Repository, draft: string): Promise<string> {
  const { history, ports } = repository;
  const path = `${history.gitDirectory}/COMMIT_EDITMSG`;
  const file = await ports.fs.open(path, 'write');
  try {
    await file.write(
      Buffer.from(`${draft}\n# Lines that begin with "#" are left out; an empty message gives up.\n`),
      0,
    );
  } finally {
    await file.close();
  }
  const { env } = ports;
  const editor = env.GIT_EDITOR || (await history.config('core.editor')) || env.VISUAL || env.EDITOR || 'vi';
  const result = await ports.processes.run({
    command: 'sh',
    args: ['-c', `${editor} "$@"`, editor, path],
    cwd: repository.workTree,
    stdio: 'inherit',
    env,
  });
  if (result.code !== 0)
    throw new MgitError('EDITOR_FAILED', `the editor ${editor} ended with status ${result.code}`, {
      hint: 'give the message with -m, or choose another editor with "mgit config core.editor"',
    });
  return (await readText(ports, path)) ?? '';
}
