import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Death } from './dying-ports.ts';

const PROGRAM = fileURLToPath(new URL('mortal-mgit.ts', import.meta.url));

/** How a program of a test is run. */
export interface SpawnOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Die at an operation; with `group`, with all programs that were started. */
  readonly death?: Death & { readonly group: boolean };
  /** Be killed from outside after so many milliseconds. */
  readonly killAfterMs?: number;
  /** Where the program writes how many operations it made. */
  readonly countFile?: string;
}

/** How it ended. */
export interface Ended {
  readonly exitCode: number | null;
  readonly killed: boolean;
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
}

/** Runs mgit from source in a process group of its own; returns when the last process of the group has ended. */
export async function spawnMgit(argv: readonly string[], options: SpawnOptions): Promise<Ended> {
  const began = performance.now();
  const child = spawn(process.execPath, [PROGRAM, ...argv], {
    cwd: options.cwd,
    env: {
      ...options.env,
      ...(options.death ? { MGIT_TEST_DEATH: JSON.stringify(options.death) } : {}),
      ...(options.countFile ? { MGIT_TEST_COUNT: options.countFile } : {}),
    } as NodeJS.ProcessEnv,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', chunk => (text.stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', chunk => (text.stderr += chunk));
  const timer =
    options.killAfterMs === undefined
      ? undefined
      : setTimeout(() => child.kill('SIGKILL'), options.killAfterMs);
  const { code, signal } = await new Promise<{ code: number | null; signal: string | null }>(
    (resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => resolve({ code, signal }));
    },
  );
  clearTimeout(timer);
  if (child.pid !== undefined) await groupEnded(child.pid);
  return { exitCode: code, killed: signal === 'SIGKILL', ...text, milliseconds: performance.now() - began };
}

/** A git that a killed mgit left behind goes on for a moment. */
async function groupEnded(group: number): Promise<void> {
  for (;;) {
    try {
      process.kill(-group, 0);
    } catch {
      return; // ESRCH: no process is left.
    }
    await new Promise(resolve => setTimeout(resolve, 2));
  }
}
