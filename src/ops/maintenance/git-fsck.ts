import type { LongOperation } from '../../base/events.ts';
import { parseObjectId } from '../../base/ids.ts';
import type { Repository } from '../repository.ts';
import type { FsckProblem } from './fsck-problem.ts';

/** What `git fsck` finds wrong with Git's own objects and refs; nothing where history is read without git. */
export async function gitFsck(
  { ports, history }: Repository,
  { signal }: LongOperation,
): Promise<readonly FsckProblem[]> {
  if (history.implementation !== 'system') return [];
  const { code, stdout, stderr } = await ports.processes.run({
    command: 'git',
    args: [`--git-dir=${history.commonDirectory}`, 'fsck', '--full', '--no-dangling', '--no-progress'],
    cwd: history.gitDirectory,
    env: { ...ports.env, LC_ALL: 'C' },
    ...(signal ? { signal } : {}),
  });
  if (code === 0) return [];
  const lines = Buffer.concat([stderr, stdout]).toString('utf8').split('\n').filter(Boolean);
  return lines.map(line => {
    const object = /\b[0-9a-f]{40}\b/.exec(line)?.[0];
    const where = object === undefined ? {} : { object: parseObjectId(object) };
    return { code: 'GIT_FSCK', message: line.trim(), level: 'error', ...where };
  });
}
