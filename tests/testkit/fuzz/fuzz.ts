import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Effort, Exploration } from './explore.ts';
import type { FuzzTask } from './fuzz-process.ts';
import { parseProgress } from './progress.ts';

/** One input takes milliseconds: whoever is at it for this long hangs, however busy the machine is. */
const HANG_SECONDS = 30;
const HEAP_MEBIBYTES = 256;

/** How long a search goes on, and how long one input may take. */
export interface Patience extends Effort {
  readonly hangSeconds?: number;
}

/**
 * Explores the target of a module in a process of its own, whose heap is bounded: what hangs, swallows memory or crashes Node is a finding, too.
 * It is our own: Jazzer.js 4, the one such fuzzer that is kept, brings a binary for glibc 2.38, which Debian 12 does not have.
 */
export async function fuzz(
  target: URL,
  known: readonly Uint8Array[],
  patience: Patience,
): Promise<Exploration> {
  const folder = await mkdtemp(join(tmpdir(), 'mgit-fuzz-'));
  try {
    const progressPath = join(folder, 'progress');
    await writeFile(progressPath, '');
    return await inProcess({ target: target.href, known, effort: patience, progressPath }, patience);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function inProcess(task: FuzzTask, { hangSeconds = HANG_SECONDS }: Patience): Promise<Exploration> {
  const ended = Promise.withResolvers<Exploration>();
  const worker = fork(new URL('fuzz-process.ts', import.meta.url), {
    serialization: 'advanced',
    execArgv: ['--no-warnings', `--max-old-space-size=${HEAP_MEBIBYTES}`],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let said = '';
  worker.stderr?.on('data', (text: Buffer) => {
    said += text;
  });
  const watch = watchProgress(task.progressPath, hangSeconds, () => worker.kill('SIGKILL'));
  let found: Exploration | undefined;
  worker.once('message', message => {
    found = message as Exploration;
  });
  worker.once('error', ended.reject);
  worker.once('close', (code, signal) => {
    clearInterval(watch);
    ended.resolve(found ?? diedAt(task, deathOf(said, signal ?? `exit ${code}`)));
  });
  worker.send(task);
  return ended.promise;
}

function deathOf(said: string, how: string): string {
  if (said.includes('heap out of memory')) return `more than ${HEAP_MEBIBYTES} MiB of heap`;
  return how === 'SIGKILL' ? 'it hangs' : `Node ended with ${how}: ${said.slice(-2000)}`;
}

function diedAt({ progressPath, known }: FuzzTask, problem: string): Exploration {
  const { runs, input } = parseProgress(readFileSync(progressPath));
  return { runs, read: 0, features: 0, findings: [{ input, problem }], corpus: known };
}

function watchProgress(path: string, most: number, onHang: () => void): NodeJS.Timeout {
  let [last, seconds] = [0, 0];
  return setInterval(() => {
    const { runs } = parseProgress(readFileSync(path));
    seconds = runs > 0 && runs === last ? seconds + 1 : 0;
    last = runs;
    if (seconds >= most) onHang();
  }, 1000);
}
