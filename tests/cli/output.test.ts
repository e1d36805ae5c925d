import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';

const PROGRAM = resolve(import.meta.dirname, '../testkit/mgit-program.ts');

test('a reader that goes early ends the output, not the command', async () => {
  const child = spawn(process.execPath, [PROGRAM, '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy(); // As `mgit --help | head -0` does.
  const said = text(child.stderr);
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(await said).toBe('');
});

test('output that cannot be written is a failure', async () => {
  const readOnly = openSync(PROGRAM, 'r');
  const child = spawn(process.execPath, [PROGRAM, '--version'], { stdio: ['ignore', readOnly, 'pipe'] });
  const said = text(child.stderr as NonNullable<typeof child.stderr>);
  expect(await once(child, 'exit')).toEqual([1, null]);
  expect(await said).toContain('error[OUTPUT_FAILED]: the output could not be written');
});
