import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runMgit } from '../world.ts';
import { type CrashWorld, copyWorld, crashModel } from './crash-world.ts';
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

/** Somebody else sends the change of a model as a patch. */
const receiveMail = async (world: CrashWorld, megabytes: number): Promise<void> => {
  const elsewhere = await copyWorld(world, `${world.directory}-elsewhere`);
  await elsewhere.write('model.safetensors', crashModel(megabytes, { embed: 1, head: 4, shared: 3 }));
  await elsewhere.mgit('commit', '-am', 'elsewhere');
  await elsewhere.mgit('patch', 'create', 'main~1', '-o', join(world.directory, 'home/change.patch'));
  await rm(elsewhere.directory, { recursive: true });
};

export const PATCH_APPLY: CrashScenario = {
  name: 'patch apply',
  argv: ['patch', 'apply', '../home/change.patch'],
  prepare: receiveMail,
  doneAlready: ['PATCH_BASE_DIFFERS'],
};

/** Commands that replace, remove and bring packs. */
export const STORE_SCENARIOS: readonly CrashScenario[] = [
  { name: 'gc', argv: ['gc', '--prune=now'], prepare: leaveGarbage },
  { name: 'repack', argv: ['repack'], prepare: leaveGarbage },
  PATCH_APPLY,
  {
    name: 'clone',
    argv: ['clone', '../remote.git', '../clone'],
    prepare: async () => {},
    needsGit: true,
    doneAlready: ['DIRECTORY_NOT_EMPTY'],
  },
  { name: 'fetch', argv: ['fetch', 'origin'], prepare: pushFromElsewhere, needsGit: true },
];
