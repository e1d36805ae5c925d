import { isSystemError, MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { Repository } from '../repository.ts';

/** Runs `git gc`, which packs commits and manifests and forgets what its own rules say. Errors: `GIT_REQUIRED`, `GIT_FAILED`. */
export async function runGitGc({ ports, history }: Repository, { signal }: LongOperation): Promise<void> {
  const request = {
    command: 'git',
    args: [`--git-dir=${history.commonDirectory}`, 'gc', '--quiet'],
    cwd: history.workTree ?? history.gitDirectory,
    env: ports.env,
  };
  try {
    const { code, stderr } = await ports.processes.run({ ...request, ...(signal ? { signal } : {}) });
    if (code === 0) return;
    throw new MgitError('GIT_FAILED', `git gc failed: ${Buffer.from(stderr).toString('utf8').trim()}`);
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
    throw new MgitError('GIT_REQUIRED', 'git is not installed: its own objects cannot be collected', {
      hint: 'leave --git out, or install git',
    });
  }
}
