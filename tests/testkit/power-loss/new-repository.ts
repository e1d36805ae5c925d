import type { CrashWorld } from '../crash/crash-world.ts';
import { picoModel } from '../pico-model.ts';
import { emptyWorld, type PowerLossCase, recordCommand } from './record.ts';

const nothing = async (): Promise<void> => {};

async function stageable(world: CrashWorld): Promise<void> {
  await world.mgit('init');
  await world.write('.gitattributes', '*.safetensors filter=mgit diff=mgit merge=mgit -text\n');
  await world.write('model.safetensors', picoModel(1));
}

async function staged(world: CrashWorld): Promise<void> {
  await stageable(world);
  await world.mgit('add', '.');
}

/** The first of everything: what commands make room for must not vanish with it. */
export const NEW_REPOSITORY_CASES: readonly PowerLossCase[] = [
  { name: 'init', argv: ['init'], prepare: nothing },
  { name: 'first add', argv: ['add', '.'], prepare: stageable },
  { name: 'first commit', argv: ['commit', '-m', 'first'], prepare: staged },
].map(({ prepare, ...scenario }) => ({
  name: scenario.name,
  record: async directory => {
    const world = await emptyWorld(directory);
    await prepare(world);
    return recordCommand(world, scenario);
  },
}));
