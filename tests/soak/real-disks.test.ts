import { beforeAll, expect, test } from 'vitest';
import { fillRealDisk } from '../testkit/crash/fill-real-disk.ts';
import { memoryDisk, quotaDisk } from '../testkit/crash/real-disk.ts';
import { requiredProgram } from '../testkit/programs.ts';
import { temporaryDirectory } from '../testkit/world.ts';

/** Mounting needs root's rights, and the second disk Debian's btrfs-progs. */
beforeAll(() => requiredProgram('btrfs'));

test.for([
  { name: 'a disk without space', open: memoryDisk },
  { name: 'a used-up quota', open: quotaDisk },
])('$name is told of, and loses nothing', async ({ open }) => {
  await using home = await temporaryDirectory();
  await using disk = await open(home.path);
  for (const history of ['embedded', 'system'] as const) {
    const { refused, problems } = await fillRealDisk(disk, history);
    expect(problems).toEqual([]);
    expect(refused).toBeGreaterThan(10);
  }
});
