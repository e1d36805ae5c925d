import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Ports } from '../../src/base/ports/ports.ts';

/** What git commits in tests is the same commit every time. */
const FIXED_TIME = { GIT_AUTHOR_DATE: '2026-01-01T01:00:00Z', GIT_COMMITTER_DATE: '2026-01-01T01:00:00Z' };

/** Runs the system's git in a directory with the environment of these ports; returns what it printed. */
export async function git(ports: Ports, cwd: string, ...args: string[]): Promise<string> {
  const env = { ...ports.env, ...FIXED_TIME };
  const { stdout } = await promisify(execFile)('git', args, { cwd, env });
  return stdout;
}

/** Like {@link git}, with text on standard input. */
export function gitWithInput(ports: Ports, cwd: string, input: string, ...args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile('git', args, { cwd, env: ports.env as NodeJS.ProcessEnv }, (error, stdout) =>
      error && error.code !== 1 ? reject(error) : resolve(stdout),
    );
    child.stdin?.end(input);
  });
}
