import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Ports } from '../../src/base/ports/ports.ts';

/** Runs the system's git in a directory with the environment of these ports; returns what it printed. */
export async function git(ports: Ports, cwd: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('git', args, { cwd, env: ports.env as NodeJS.ProcessEnv });
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
