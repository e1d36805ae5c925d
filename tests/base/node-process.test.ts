import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { nodeProcesses } from '../../src/base/ports/node-process.ts';

/** A program that starts another one, which holds its output open and would run for an hour. */
const parent = (then: string): readonly string[] => [
  '-e',
  `const { spawn } = require('node:child_process');
   const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 3600000)'], { stdio: 'inherit' });
   process.stdout.write(String(child.pid));
   child.unref();
   ${then}`,
];

/** Waits until a process is gone, or dead and not buried yet; the test's own limit ends it otherwise. */
async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise(resolve => setImmediate(resolve));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !existsSync('/proc') || !readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z');
  } catch {
    return false;
  }
}

describe('what a program with a time limit has started ends with it', () => {
  const { run } = nodeProcesses();
  const command = process.execPath;

  test('when the limit is reached', async () => {
    const result = await run({ command, args: parent('setTimeout(() => {}, 3600000)'), timeoutMs: 1500 });
    expect(result.timedOut).toBe(true);
    await gone(Number(Buffer.from(result.stdout).toString()));
  });

  test('when it ends by itself, and that is no timeout', async () => {
    const result = await run({ command, args: parent('process.exitCode = 7'), timeoutMs: 3_600_000 });
    expect(result).toMatchObject({ timedOut: false, code: 7 });
    await gone(Number(Buffer.from(result.stdout).toString()));
  });

  test('when it is interrupted', async () => {
    const controller = new AbortController();
    const chunks: Uint8Array[] = [];
    const interrupted = run({
      command,
      args: parent('setTimeout(() => {}, 3600000)'),
      timeoutMs: 3_600_000,
      signal: controller.signal,
      onStdout: chunk => {
        chunks.push(chunk);
        controller.abort();
      },
    });
    await expect(interrupted).rejects.toMatchObject({ code: 'INTERRUPTED' });
    await gone(Number(Buffer.concat(chunks).toString()));
  });
});
