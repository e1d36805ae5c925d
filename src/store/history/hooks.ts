import { isAbsolute, join, resolve } from 'node:path';
import { isSystemError, MgitError } from '../../base/errors.ts';
import type { Ports } from '../../base/ports/ports.ts';
import { configPath } from './config-values.ts';
import type { History } from './history.ts';

/** Where a repository's hooks are and how they run. */
export interface HookContext
  extends Pick<History, 'gitDirectory' | 'commonDirectory' | 'workTree' | 'config'> {
  readonly ports: Ports;
  readonly onOutput: ((text: string) => void) | undefined;
}

/** Runs a hook in the work tree (in the Git directory of a bare repository); true when there is none. Errors: `HOOK_FAILED` when it cannot be started. */
export async function runRepositoryHook(
  context: HookContext,
  name: string,
  args: readonly string[],
  stdin = '',
): Promise<boolean> {
  const { ports } = context;
  const directory = context.workTree ?? context.gitDirectory;
  const path = join(await hooksDirectory(context, directory), name);
  if (!(await isExecutable(context, path))) return true;
  const output = (chunk: Uint8Array): void => context.onOutput?.(Buffer.from(chunk).toString('utf8'));
  // Windows cannot start a script by its first line; Git's own shell can.
  const program =
    process.platform === 'win32' ? { command: 'sh', args: [path, ...args] } : { command: path, args };
  const env = { ...ports.env, GIT_DIR: context.gitDirectory };
  try {
    const run = { ...program, cwd: directory, env, stdin, onStdout: output, onStderr: output };
    return (await ports.processes.run(run)).code === 0;
  } catch (cause) {
    throw new MgitError('HOOK_FAILED', `the hook ${path} could not be started`, {
      hint: 'check its first line (#!) and its permissions',
      cause,
    });
  }
}

async function hooksDirectory(context: HookContext, directory: string): Promise<string> {
  const configured = await context.config('core.hookspath');
  if (!configured) return join(context.commonDirectory, 'hooks');
  const path = configPath(configured, context.ports.homeDirectory);
  return isAbsolute(path) ? path : resolve(directory, path);
}

async function isExecutable(context: HookContext, path: string): Promise<boolean> {
  try {
    const { kind, mode } = await context.ports.fs.stat(path);
    return kind === 'file' && (process.platform === 'win32' || (mode & 0o111) !== 0);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}
