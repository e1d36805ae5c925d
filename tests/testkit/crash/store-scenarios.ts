import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runMgit } from '../world.ts';
import { type CrashWorld, crashModel } from './crash-world.ts';
import type { CrashScenario } from './scenarios.ts';

/** Stores a version that nothing names once another is staged in its place, beside what stays needed. */
const leaveGarbage = async (world: CrashWorld, megabytes: number): Promise<void> => {
  for (const seed of [7, 8]) {
    await world.write('model.safetensors', crashModel(megabytes, { embed: seed, head: 9, shared: 3 }));
    await world.mgit('add', '.');
  }
};

/** Somebody else pushes to the remote. */
const pushFromElsewhere = async (world: CrashWorld, megabytes: number): Promise<void> => {
  const other = join(world.directory, 'other');
  const mgit = async (cwd: string, ...argv: string[]): Promise<void> => {
    const run = await runMgit(world.ports, cwd, ...argv);
    if (run.exitCode !== 0) throw new Error(`mgit ${argv.join(' ')}: ${run.stderr}`);
  };
  await mgit(world.directory, 'clone', 'remote.git', 'other');
  await writeFile(join(other, 'model.safetensors'), crashModel(megabytes, { embed: 5, head: 6, shared: 3 }));
  await mgit(other, 'commit', '-am', 'elsewhere');
  await mgit(other, 'push', 'origin', 'main');
};

/** Commands that replace, remove and bring packs. */
export const STORE_SCENARIOS: readonly CrashScenario[] = [
  { name: 'gc', argv: ['gc', '--prune=now'], prepare: leaveGarbage },
  { name: 'repack', argv: ['repack'], prepare: leaveGarbage },
  { name: 'fetch', argv: ['fetch', 'origin'], prepare: pushFromElsewhere, needsGit: true },
];
