import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CrashWorld, crashModel } from '../crash/crash-world.ts';
import { CRASH_SCENARIOS, type CrashScenario } from '../crash/scenarios.ts';
import { PATCH_APPLY } from '../crash/store-scenarios.ts';

const CANDIDATE = / refs\/mgit\/candidates\//;

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

/** Git has begun a merge, and all of it is staged. */
async function begunByGit(world: CrashWorld): Promise<void> {
  const side = join(world.path, '.git/refs/heads/side');
  await writeFile(join(world.path, '.git/MERGE_HEAD'), await readFile(side));
  await world.mgit('restore', '--source', 'side', '--staged', '--worktree', '.');
}

/** Of two packs that nothing reaches wholly, one goes and one is written anew. */
async function rubbish(world: CrashWorld, megabytes: number): Promise<void> {
  const kept = { embed: 5, head: 6, shared: 5 };
  for (const seeds of [{ ...kept, head: 5 }, kept, { embed: 7, head: 7, shared: 7 }, kept]) {
    await world.write('model.safetensors', crashModel(megabytes, seeds));
    await world.mgit('add', '.');
  }
  const longAgo = new Date(Date.UTC(2025, 0, 1)); // The clock of this world stands in 2026.
  for (const pack of await packsOf(world)) await utimes(pack, longAgo, longAgo);
}

/** What the work tree holds is damaged in the store. */
async function damaged(world: CrashWorld, megabytes: number): Promise<void> {
  const before = new Set(await packsOf(world));
  await world.write('model.safetensors', crashModel(megabytes, { embed: 8, head: 8, shared: 8 }));
  await world.mgit('commit', '-am', 'third');
  await damagePacks(world, before);
}

/** What nothing needs any more is damaged. */
async function damagedRubbish(world: CrashWorld, megabytes: number): Promise<void> {
  const before = new Set(await packsOf(world));
  const model = await readFile(join(world.path, 'model.safetensors'));
  for (const content of [crashModel(megabytes, { embed: 8, head: 8, shared: 8 }), model]) {
    await world.write('model.safetensors', content);
    await world.mgit('add', '.');
  }
  await damagePacks(world, before);
}

async function damagePacks(world: CrashWorld, spared: ReadonlySet<string>): Promise<void> {
  for (const pack of (await packsOf(world)).filter(path => !spared.has(path))) {
    const bytes = await readFile(pack);
    bytes.writeUInt8(bytes.readUInt8(100) ^ 1, 100); // In the first frame.
    await writeFile(pack, bytes);
  }
}

async function packsOf(world: CrashWorld): Promise<string[]> {
  const folder = join(world.path, '.git/mgit/packs');
  return (await readdir(folder)).map(name => join(folder, name));
}

/** Every command that changes a repository by itself: what the embedded history writes goes through the ports. */
export const POWER_LOSS_SCENARIOS: readonly CrashScenario[] = [
  // A candidate that is not landed may be left until the next merge.
  ...CRASH_SCENARIOS.filter(({ needsGit }) => !needsGit).map(scenario => ({
    ...scenario,
    passing: CANDIDATE,
  })),
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
    passing: CANDIDATE,
  },
  { name: "commit of Git's merge", argv: ['commit', '-m', 'merge'], prepare: begunByGit },
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
  { name: 'gc', argv: ['gc', '--prune', 'now'], prepare: rubbish },
  {
    name: 'purge',
    argv: ['purge', 'main:model.safetensors', '--tensor', 'embed', '--reason', 'private', '--yes'],
    prepare: nothing,
    // Nothing goes before its tombstone is there.
    passing: /^purged /,
  },
  { name: 'repack', argv: ['repack'], prepare: nothing },
  { name: 'fsck --repair', argv: ['fsck', '--repair'], prepare: damaged },
  { name: 'fsck --repair of rubbish', argv: ['fsck', '--repair'], prepare: damagedRubbish },
  {
    name: 'stash',
    argv: ['stash', 'push', '--include-untracked'],
    prepare: async world => {
      await world.write('config.json', '{}\n');
      await world.write('notes.txt', 'new\n');
    },
  },
  {
    name: 'stash pop',
    argv: ['stash', 'pop'],
    prepare: async world => {
      await world.write('config.json', '{}\n');
      await world.mgit('stash', 'push');
    },
    // A merge stages what comes back, then it is unstaged; the stash is on its list all the while.
    passing: /^index /,
  },
  { name: 'bisect start', argv: ['bisect', 'start', 'main', 'main~1'], prepare: nothing },
  {
    name: 'bisect reset',
    argv: ['bisect', 'reset'],
    prepare: async world => void (await world.mgit('bisect', 'start', 'main', 'main~1')),
  },
  { name: 'publish', argv: ['publish', 'HEAD', '../out'], prepare: nothing, passing: /\.part$/ },
  // The name is taken first, so that two never write one key.
  { name: 'key generate', argv: ['key', 'generate'], prepare: nothing, passing: /\.pem$/ },
  { name: 'cat', argv: ['cat', 'side:model.safetensors', '-o', '../home/model'], prepare: nothing },
  { name: 'patch create', argv: ['patch', 'create', 'main~1', '-o', '../home/new.patch'], prepare: nothing },
  PATCH_APPLY,
  { name: 'config', argv: ['config', 'user.name', 'Somebody'], prepare: nothing },
];
