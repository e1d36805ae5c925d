import { type CrashWorld, crashModel } from './crash-world.ts';

/** A command that is interrupted. */
export interface CrashScenario {
  readonly name: string;
  readonly argv: readonly string[];
  /** Brings a fresh world to the state before the command. */
  prepare(world: CrashWorld, megabytes: number): Promise<void>;
  /** Error codes of a repetition that say: it had been done already. */
  readonly doneAlready?: readonly string[];
  /** What its hint says to do then. */
  readonly completion?: readonly string[];
  /** What it ends with when nothing happens; default 0. */
  readonly exitCode?: number;
  /** Parts of the state that may be found neither as before nor as after, but are as after in the end. */
  readonly passing?: RegExp;
  /** Only git itself reaches a remote on a path. */
  readonly needsGit?: boolean;
}

const changeModel = (world: CrashWorld, megabytes: number): Promise<void> =>
  world.write('model.safetensors', crashModel(megabytes, { embed: 1, head: 4, shared: 3 }));

const changeFiles = async (world: CrashWorld, megabytes: number): Promise<void> => {
  await changeModel(world, megabytes);
  await world.write('config.json', '{"layers":2}\n');
  await world.write('notes.txt', 'new\n');
};

const nothing = async (): Promise<void> => {};

/** The everyday commands that write. */
export const CRASH_SCENARIOS: readonly CrashScenario[] = [
  { name: 'add', argv: ['add', '.'], prepare: changeFiles },
  {
    name: 'commit',
    argv: ['commit', '-m', 'third'],
    prepare: async (world, megabytes) => {
      await changeFiles(world, megabytes);
      await world.mgit('add', '.');
    },
    doneAlready: ['NOTHING_TO_COMMIT'],
  },
  {
    name: 'commit -a',
    argv: ['commit', '-am', 'third'],
    prepare: changeModel,
    doneAlready: ['NOTHING_TO_COMMIT'],
  },
  { name: 'switch', argv: ['switch', 'side'], prepare: nothing },
  {
    name: 'switch -c',
    argv: ['switch', '-c', 'new', 'side'],
    prepare: nothing,
    doneAlready: ['BRANCH_EXISTS'],
    completion: ['switch', 'new'],
  },
  { name: 'restore', argv: ['restore', '.'], prepare: changeFiles },
  { name: 'reset', argv: ['reset', '--mixed', 'side~1'], prepare: changeFiles },
  { name: 'reset --hard', argv: ['reset', '--hard', 'side'], prepare: changeFiles },
  { name: 'merge', argv: ['merge', 'side'], prepare: nothing },
  {
    name: 'cherry-pick',
    argv: ['cherry-pick', 'side'],
    prepare: async (world, megabytes) => {
      await world.mgit('switch', 'side');
      await world.write('extra.safetensors', crashModel(megabytes, { probe: 5 }));
      await world.write('side.txt', 'changed\n');
      await world.mgit('add', '.');
      await world.mgit('commit', '-m', 'more');
      await world.mgit('switch', 'main');
      await world.write('side.txt', 'only here\n');
      await world.mgit('add', '.');
      await world.mgit('commit', '-m', 'the same file');
    },
    doneAlready: ['NOTHING_TO_REPLAY'],
  },
  { name: 'rebase', argv: ['rebase', 'main', 'side'], prepare: nothing },
  {
    name: 'import --from-lfs',
    argv: ['import', '--from-lfs', '*.pt'],
    prepare: async (world, megabytes) => {
      await world.write('legacy.pt', crashModel(megabytes, { probe: 6 }));
      await world.mgit('add', '.');
      await world.mgit('commit', '-m', 'a model in plain Git');
    },
    doneAlready: ['NOTHING_TO_IMPORT'],
  },
  { name: 'push', argv: ['push', 'origin', 'side'], prepare: nothing, needsGit: true },
  {
    name: 'push a merge',
    argv: ['push', 'origin', 'main'],
    prepare: async world => void (await world.mgit('merge', 'side')),
    needsGit: true,
  },
];
