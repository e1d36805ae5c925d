import { cpSync, rmSync } from 'node:fs';
import { platform } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { manyTensors } from '../../bench/scale/many-tensors.ts';
import { mgit } from '../../bench/scale/programs.ts';
import { soakSetting } from '../testkit/soak/soak-setting.ts';
import { temporaryDirectory } from '../testkit/world.ts';

const tensors = soakSetting('MGIT_SOAK_TENSORS', 500_000);
const computed = soakSetting('MGIT_SOAK_COMPUTED', 140_000);

/** The largest resident memory of every command, in MiB. */
const LIMIT = 512;

test.runIf(platform() === 'linux')('a model of very many tensors needs a bounded memory', async () => {
  await using home = await temporaryDirectory();
  const work = join(home.path, 'work');
  const file = join(work, 'model.safetensors');
  const versions = [0, 1, 2].map(version => join(home.path, `version-${version}`));
  const model = manyTensors(tensors);
  for (const [version, path] of versions.entries()) {
    if (version > 0) model.change(version, Math.ceil(tensors / 10));
    model.write(path);
  }
  const take = (version: number): void => cpSync(versions[version] as string, file);
  const peaks: { command: string; mebibytes: number; seconds: number }[] = [];
  const run = (command: string, ...args: string[]): void => {
    const { peakMiB, seconds } = mgit(work, 'system', args);
    peaks.push({ command, mebibytes: peakMiB, seconds: Math.round(seconds) });
  };
  mgit(home.path, 'system', ['init', '-q', 'work']);
  mgit(work, 'system', ['track', '*.safetensors']);
  take(0);
  run('add (new)', 'add', '.');
  run('commit', 'commit', '-m', 'first');
  run('status (clean)', 'status');
  mgit(work, 'system', ['switch', '-c', 'side']);
  take(1);
  run('status (changed)', 'status');
  run('diff (changed)', 'diff');
  run('add (changed)', 'add', '.');
  run('commit', 'commit', '-m', 'second');
  run('diff of commits', 'diff', 'HEAD~1', 'HEAD');
  run('switch', 'switch', 'main');
  take(2);
  run('commit -a', 'commit', '-am', 'third');
  run('merge', 'merge', 'side', '-m', 'merge');
  rmSync(file);
  run('restore', 'restore', '.');
  console.table(peaks);
  expect(peaks.filter(({ mebibytes }) => mebibytes > LIMIT)).toEqual([]);
});

test.runIf(platform() === 'linux')(
  'a merge that computes very many tensors needs a bounded memory',
  async () => {
    await using home = await temporaryDirectory();
    const work = join(home.path, 'work');
    const model = manyTensors(computed);
    const commit = (message: string): void => {
      model.change(0, 1);
      model.write(join(work, 'model.safetensors'));
      mgit(work, 'system', ['add', '.']);
      mgit(work, 'system', ['commit', '-m', message]);
    };
    mgit(home.path, 'system', ['init', '-q', 'work']);
    mgit(work, 'system', ['track', '*.safetensors']);
    commit('base');
    mgit(work, 'system', ['switch', '-c', 'side']);
    commit('theirs');
    mgit(work, 'system', ['switch', 'main']);
    commit('ours');
    const { peakMiB, seconds } = mgit(work, 'system', ['merge', 'side', '-m', 'merge']);
    console.log(`${computed} tensors merged: ${peakMiB} MiB, ${Math.round(seconds)} s`);
    expect(peakMiB).toBeLessThanOrEqual(LIMIT);
  },
);
