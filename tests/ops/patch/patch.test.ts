import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type PatchScene, patchModel, patchScene } from '../../testkit/patch-scene.ts';
import { withoutIds } from '../../testkit/scene.ts';

const fileOf = (day: PatchScene): string => join(day.path, '..', 'topic.mpatch');

async function done(run: ReturnType<PatchScene['other']>): Promise<string> {
  const { exitCode, stdout, stderr } = await run;
  expect(stderr).toBe('');
  expect(exitCode).toBe(0);
  return stdout;
}

test.each(['embedded', 'system'] as const)(
  'the same commits from one file, with %s history',
  async history => {
    await using day = await patchScene(history);
    await day.mgit('patch', 'create', 'main..topic', '-o', fileOf(day));
    expect((await stat(fileOf(day))).size).toBeLessThan(patchModel().length);
    await done(day.other('patch', 'apply', fileOf(day)));
    expect((await day.other('log', '--json')).json()).toEqual(JSON.parse(await day.mgit('log', '--json')));
    expect(await readFile(join(day.otherPath, 'm.safetensors'))).toEqual(Buffer.from(patchModel(2e-6)));
    expect(await readFile(join(day.otherPath, 'notes.txt'), 'utf8')).toBe('one\ntwo\n');
    await done(day.other('fsck'));
    await done(day.other('verify', 'HEAD~1'));
    await done(day.other('undo'));
    expect(await readFile(join(day.otherPath, 'm.safetensors'))).toEqual(Buffer.from(patchModel()));
    expect((await day.other('status', '--json')).json()).toMatchObject({ staged: [], unstaged: [] });
  },
);

test('a patch says what is in it, without a repository', async () => {
  await using day = await patchScene();
  const created = await day.mgit('patch', 'create', 'main', '-o', fileOf(day));
  expect(await day.mgit('-C', '/', 'patch', 'show', fileOf(day))).toBe(created);
  expect(withoutIds(created).replace(/[\d.]+ KiB: [\d.]+%/, '<size>')).toMatchInlineSnapshot(`
    "lossless patch on <short id>, <size> of the 24.2 KiB of its models
    commits
      <short id> Tune (A Contributor)
      <short id> Tune more (A Contributor)
    models
      m.safetensors  24.2 KiB  1 tensor changed
    records: count, bytes, bytes in the patch
      xor  2  32.0 KiB  15.5 KiB"
  `);
  const { commits, records } = JSON.parse(await day.mgit('patch', 'show', '--json', fileOf(day)));
  expect(commits.map((commit: { message: string }) => commit.message)).toEqual([
    'Tune\n',
    'Tune more\n\nAnd say so.\n',
  ]);
  expect(records).toMatchObject([{ kind: 'xor', count: 2 }]);
});

test('on top of other commits it becomes new ones with the same content', async () => {
  await using day = await patchScene();
  await day.mgit('patch', 'create', 'main', '-o', fileOf(day));
  await writeFile(join(day.otherPath, 'README.md'), 'Ours.\n');
  await done(day.other('add', 'README.md'));
  await done(day.other('commit', '-m', 'Ours'));
  await done(day.other('patch', 'apply', fileOf(day)));
  expect(await readFile(join(day.otherPath, 'm.safetensors'))).toEqual(Buffer.from(patchModel(2e-6)));
  expect(await readFile(join(day.otherPath, 'README.md'), 'utf8')).toBe('Ours.\n');
  const { stdout } = await day.other('log', '--oneline');
  expect(withoutIds(stdout).split('\n').slice(0, 3)).toEqual([
    expect.stringContaining('Tune more'),
    expect.stringContaining('Tune'),
    expect.stringContaining('Ours'),
  ]);
});

test('another base is refused, and the tensors that differ are named', async () => {
  await using day = await patchScene();
  await day.mgit('patch', 'create', 'main', '-o', fileOf(day));
  await writeFile(join(day.otherPath, 'm.safetensors'), patchModel(1e-3, 4));
  await done(day.other('commit', '-am', 'Elsewhere'));
  const before = (await day.other('log', '--json')).stdout;
  const refused = await day.other('patch', 'apply', fileOf(day));
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toContain('error[PATCH_BASE_DIFFERS]');
  expect(refused.stderr).toContain('m.safetensors (first.weight)');
  expect((await day.other('log', '--json')).stdout).toBe(before);
});

test('local changes stay: nothing moves', async () => {
  await using day = await patchScene();
  await day.mgit('patch', 'create', 'main', '-o', fileOf(day));
  await writeFile(join(day.otherPath, 'notes.txt'), 'mine\n');
  const refused = await day.other('patch', 'apply', fileOf(day));
  expect(refused.stderr).toContain('error[LOCAL_CHANGES]');
  expect(await readFile(join(day.otherPath, 'notes.txt'), 'utf8')).toBe('mine\n');
  expect(await readFile(join(day.otherPath, 'm.safetensors'))).toEqual(Buffer.from(patchModel()));
});

test('a range with a merge is carried as one commit', async () => {
  await using day = await patchScene();
  await day.mgit('switch', '-c', 'side', 'main');
  await day.write('side.txt', 'side\n');
  await day.mgit('add', 'side.txt');
  await day.mgit('commit', '-m', 'Side');
  await day.mgit('merge', 'topic');
  const refused = await day.attempt('patch', 'create', 'main', '-o', fileOf(day));
  expect(refused.stderr).toContain('error[PATCH_NOT_LINEAR]');
  await day.mgit('patch', 'create', 'main', '--squash', '-o', fileOf(day));
  await done(day.other('patch', 'apply', fileOf(day)));
  const tree = (await day.git('rev-parse', 'HEAD^{tree}')).trim();
  expect((await day.git('-C', day.otherPath, 'rev-parse', 'HEAD^{tree}')).trim()).toBe(tree);
  expect((await day.git('-C', day.otherPath, 'rev-list', '--count', 'HEAD')).trim()).toBe('2');
});

test('a new model, a removed file and a patch without tensors', async () => {
  await using day = await patchScene();
  await day.write('copy.safetensors', patchModel());
  await day.mgit('rm', 'notes.txt');
  await day.mgit('add', '.');
  await day.mgit('commit', '-m', 'Copy');
  await day.mgit('patch', 'create', 'main', '-o', fileOf(day));
  await done(day.other('patch', 'apply', fileOf(day)));
  await done(day.other('fsck'));
  expect(await readFile(join(day.otherPath, 'copy.safetensors'))).toEqual(Buffer.from(patchModel()));
  await day.write('words.txt', 'words\n');
  await day.mgit('add', '.');
  await day.mgit('commit', '-m', 'Words');
  await day.mgit('patch', 'create', 'HEAD~1', '-o', fileOf(day));
  await done(day.other('patch', 'apply', fileOf(day)));
  expect(await readFile(join(day.otherPath, 'words.txt'), 'utf8')).toBe('words\n');
});

test('on another base the changes of both sides are added, and undo takes the commit off', async () => {
  await using day = await patchScene();
  await day.mgit('patch', 'create', 'main', '-o', fileOf(day));
  const ours = patchModel(1e-3, 4);
  await writeFile(join(day.otherPath, 'm.safetensors'), ours);
  await done(day.other('commit', '-am', 'Elsewhere'));
  await done(day.other('patch', 'apply', '--3way', fileOf(day)));
  const { stdout } = await day.other('log', '--oneline');
  expect(withoutIds(stdout).split('\n')[0]).toContain('Tune more');
  expect(await readFile(join(day.otherPath, 'notes.txt'), 'utf8')).toBe('one\ntwo\n');
  const merged = await readFile(join(day.otherPath, 'm.safetensors'));
  const [base, theirs] = [patchModel(), patchModel(2e-6)].map(numbersOf);
  const mine = numbersOf(ours);
  numbersOf(merged).forEach((value, at) => {
    const change = Math.fround((theirs?.[at] ?? 0) - (base?.[at] ?? 0));
    expect(value).toBe(Math.fround((mine[at] ?? 0) + change));
  });
  expect((await day.other('status', '--json')).json()).toMatchObject({ staged: [], unstaged: [] });
  await done(day.other('fsck'));
  await done(day.other('undo'));
  expect(await readFile(join(day.otherPath, 'm.safetensors'))).toEqual(Buffer.from(ours));
});

test('a line that both sides changed is a conflict, and the branch stays', async () => {
  await using day = await patchScene();
  await day.mgit('patch', 'create', 'main', '-o', fileOf(day));
  await writeFile(join(day.otherPath, 'notes.txt'), 'one\nthree\n');
  await done(day.other('commit', '-am', 'Three'));
  const run = await day.other('patch', 'apply', '--3way', fileOf(day));
  expect(run.exitCode).toBe(4);
  expect(run.stdout).toContain('notes.txt');
  expect(await readFile(join(day.otherPath, 'notes.txt'), 'utf8')).toContain('<<<<<<< HEAD');
  expect((await day.other('log', '--oneline')).stdout).not.toContain('Tune');
  await writeFile(join(day.otherPath, 'notes.txt'), 'one\ntwo\nthree\n');
  await done(day.other('add', 'notes.txt'));
  await done(day.other('commit', '-m', 'Both'));
  expect(await readFile(join(day.otherPath, 'm.safetensors'))).toEqual(Buffer.from(patchModel(2e-6)));
});

/** The first matrix of {@link patchModel}. */
function numbersOf(model: Uint8Array): Float32Array {
  const start = 8 + Number(Buffer.from(model).readBigUInt64LE(0));
  const { data_offsets: offsets } = JSON.parse(Buffer.from(model).toString('utf8', 8, start))['first.weight'];
  return new Float32Array(Uint8Array.from(model).buffer.slice(start + offsets[0], start + offsets[1]));
}
