import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const MGIT = join(import.meta.dirname, '..', '..', 'bin', 'mgit.js');

/** Nobody's own configuration. */
const ENVIRONMENT = {
  ...process.env,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Bench',
  GIT_AUTHOR_EMAIL: 'bench@example.org',
  GIT_COMMITTER_NAME: 'Bench',
  GIT_COMMITTER_EMAIL: 'bench@example.org',
};

/** Runs mgit in a repository; returns what it printed. Errors: with its message, when it fails. */
export type Mgit = (...args: readonly string[]) => string;

/** The program, in a directory. */
export function mgitIn(directory: string): Mgit {
  return (...args) => {
    const options = { cwd: directory, env: ENVIRONMENT, encoding: 'utf8', maxBuffer: 1 << 28 } as const;
    const { status, stdout, stderr } = spawnSync(process.execPath, [MGIT, ...args], options);
    if (status !== 0) throw new Error(`mgit ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
}
