import type { CrashWorld } from '../crash/crash-world.ts';
import { CRASH_SCENARIOS, type CrashScenario } from '../crash/scenarios.ts';

const nothing = async (): Promise<void> => {};

/** Both sides have changed the same line. */
async function conflicting(world: CrashWorld): Promise<void> {
  await world.write('side.txt', 'here, too\n');
  await world.mgit('add', '.');
  await world.mgit('commit', '-m', 'another side');
}

async function waiting(world: CrashWorld): Promise<void> {
  await conflicting(world);
  await world.attempt('merge', 'side');
}

/** Every command that changes a repository by itself: what the embedded history writes goes through the ports. */
export const POWER_LOSS_SCENARIOS: readonly CrashScenario[] = [
  ...CRASH_SCENARIOS.filter(({ needsGit }) => !needsGit),
  { name: 'merge with a conflict', argv: ['merge', 'side'], prepare: conflicting, exitCode: 4 },
  { name: 'merge --abort', argv: ['merge', '--abort'], prepare: waiting },
  {
    name: 'merge --continue',
    argv: ['merge', '--continue'],
    prepare: async world => {
      await waiting(world);
      await world.write('side.txt', 'both\n');
      await world.mgit('add', 'side.txt');
    },
  },
  { name: 'branch', argv: ['branch', 'folder/new'], prepare: nothing },
  { name: 'branch -D', argv: ['branch', '-D', 'side'], prepare: nothing },
  { name: 'branch -m', argv: ['branch', '-m', 'other'], prepare: nothing },
  { name: 'tag', argv: ['tag', '-m', 'first', 'v1'], prepare: nothing },
  { name: 'undo', argv: ['undo'], prepare: nothing },
  { name: 'rm', argv: ['rm', 'config.json'], prepare: nothing },
  {
    name: 'mv',
    argv: ['mv', 'config.json', 'folder'],
    prepare: world => world.write('folder/other.json', '{}\n'),
  },
  { name: 'track', argv: ['track', '*.bin'], prepare: nothing },
  { name: 'config', argv: ['config', 'user.name', 'Somebody'], prepare: nothing },
];
