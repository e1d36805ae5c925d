import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What a whole command took. `peakMiB` is that of mgit's own process; 0 for other programs. */
export interface Run {
  readonly seconds: number;
  readonly peakMiB: number;
}

/** The history implementations that are measured. */
export type Implementation = 'system' | 'embedded';

const MGIT = join(import.meta.dirname, '..', '..', 'bin', 'mgit.js');
const PEAK_MEMORY = pathToFileURL(join(import.meta.dirname, 'peak-memory.js')).href;
const PEAK_FILE = join(tmpdir(), `mgit-bench-peak.${process.pid}`);

/** What tests and benchmarks run with: nobody's own configuration. */
const ENVIRONMENT = {
  ...process.env,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Bench',
  GIT_AUTHOR_EMAIL: 'bench@example.org',
  GIT_COMMITTER_NAME: 'Bench',
  GIT_COMMITTER_EMAIL: 'bench@example.org',
};

/** Runs mgit as a user starts it, its output read as by a pager. Errors: with what it printed, when it fails. */
export function mgit(directory: string, implementation: Implementation, args: readonly string[]): Run {
  const env = { ...ENVIRONMENT, MGIT_HISTORY: implementation, MGIT_BENCH_PEAK: PEAK_FILE };
  const argv = ['--import', PEAK_MEMORY, MGIT, '-C', directory, ...args];
  const seconds = timed(process.execPath, argv, { env });
  const peakMiB = Math.round(Number(readFileSync(PEAK_FILE, 'utf8')) / 1024);
  rmSync(PEAK_FILE);
  return { seconds, peakMiB };
}

/** Runs git. `input` goes to its standard input. */
export function git(directory: string, args: readonly string[], input?: Uint8Array): Run {
  return { seconds: timed('git', ['-C', directory, ...args], { env: ENVIRONMENT, input }), peakMiB: 0 };
}

/** Starts Node, and nothing else. */
export function node(): Run {
  return { seconds: timed(process.execPath, ['-e', '0'], { env: ENVIRONMENT }), peakMiB: 0 };
}

function timed(
  program: string,
  args: readonly string[],
  { env, input }: { readonly env: NodeJS.ProcessEnv; readonly input?: Uint8Array | undefined },
): number {
  const start = process.hrtime.bigint();
  const stdio = input === undefined ? 'ignore' : 'pipe';
  const result = spawnSync(program, args, { env, input, stdio: [stdio, 'pipe', 'pipe'], maxBuffer: 2 ** 31 });
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  if (result.status !== 0)
    throw new Error(`${program} ${args.join(' ')}: ${result.stderr || result.error?.message}`);
  return seconds;
}
