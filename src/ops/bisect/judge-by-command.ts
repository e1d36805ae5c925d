import { isSystemError, MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { Judge } from './bisect.ts';

/** Exit statuses that mean something else than bad. Source: git-bisect(1). */
const SKIP = 125;
const NOT_EXECUTABLE = 126;
const NOT_FOUND = 127;
const LARGEST_BAD = 127;

/**
 * Judges what is checked out by a command's exit status: 0 good, 125 skip, any other up to 125 bad. A command that cannot be started (126,
 * 127), is killed or ends with 128 or more judges nothing. Errors: `BISECT_RUN_FAILED`.
 */
export function judgeByCommand(
  words: readonly string[],
  options: LongOperation & { readonly onOutput: (bytes: Uint8Array) => void },
): Judge {
  const [command = '', ...args] = words;
  return async ({ ports, workTree }) => {
    const { code } = await ports.processes
      .run({
        command,
        args,
        cwd: workTree,
        onStdout: options.onOutput,
        onStderr: options.onOutput,
        ...(options.signal ? { signal: options.signal } : {}),
      })
      .catch((cause: unknown) => {
        if (isSystemError(cause, 'ENOENT', 'EACCES')) throw failed(command, 'cannot be started', cause);
        throw cause;
      });
    if (code === 0) return 'good';
    if (code === SKIP) return 'skip';
    if (code === null || code > LARGEST_BAD)
      throw failed(command, `ended with status ${code ?? 'of a signal'}`);
    if (code === NOT_EXECUTABLE || code === NOT_FOUND)
      throw failed(command, `ended with status ${code}, as a shell does that cannot run a program`);
    return 'bad';
  };
}

function failed(command: string, how: string, cause?: unknown): MgitError {
  return new MgitError('BISECT_RUN_FAILED', `${command} ${how}: the commit is not judged`, {
    hint: 'correct the command and run it again: the bisection goes on from here',
    ...(cause === undefined ? {} : { cause }),
  });
}
