import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import {
  decodePatchHead,
  encodePatchHead,
  PATCH_DIGEST_BYTES,
  PATCH_HEAD_BYTES,
} from '../../../src/store/patches/patch-frame.ts';
import { branchOfTree, HOSTILE_NAMES, rawBlob, rawTree } from '../../testkit/hostile-history.ts';
import { picoModel } from '../../testkit/pico-model.ts';
import { type Scene, scene } from '../../testkit/scene.ts';
import { runMgit } from '../../testkit/world.ts';

// Trees as an attacker would write them, in a repository that somebody clones, switches to, restores from or merges.

/** A branch that has left the current one, whose tree holds a folder (or file) of such a name with a hook in it. */
async function hostileBranch(work: Scene, name: string, kind: 'folder' | 'file'): Promise<void> {
  const blob = await rawBlob(work, 'evil\n');
  const hooks = await rawTree(work, [{ mode: '100755', name: 'post-checkout', id: blob }]);
  const folder = await rawTree(work, [{ mode: '40000', name: 'hooks', id: hooks }]);
  const entry = kind === 'folder' ? { mode: '40000', name, id: folder } : { mode: '100755', name, id: blob };
  const fine = { mode: '100644', name: 'fine', id: blob };
  await branchOfTree(work, 'evil', await rawTree(work, [entry, fine]));
}

/** Two commits: a branch from the first has left the current one. */
async function begin(): Promise<Scene> {
  const work = await scene('system');
  await work.write('a.txt', 'a');
  await work.mgit('add', '.');
  await work.mgit('commit', '-m', 'one');
  await work.mgit('commit', '--allow-empty', '-m', 'two');
  return work;
}

/** All files of a place but those that mgit and Git write for themselves. */
async function filesBeside(work: Scene): Promise<readonly string[]> {
  const names = await readdir(dirname(work.path), { recursive: true });
  return names.filter(name => !/^work\/\.git\/(?!hooks)|^bin\b|^\./.test(name)).sort();
}

/** Whatever writes the files of a tree. */
const WRITERS = [
  ['switch', 'evil'],
  ['merge', 'evil'],
  ['restore', '--source=evil', '.'],
  ['reset', '--hard', 'evil'],
  ['restore', '--source=evil', '--staged', '--worktree', '.'],
  ['switch', '--detach', 'evil'],
] as const;

test.for(['folder', 'file'] as const)(
  'a tree with a %s that leads out of the work tree or into .git is refused by whatever would write it',
  async kind => {
    await using work = await begin();
    const before = await filesBeside(work);
    for (const [at, name] of HOSTILE_NAMES.entries()) {
      await hostileBranch(work, name, kind);
      const argv = WRITERS[at % WRITERS.length] ?? WRITERS[0];
      const run = await work.attempt(...argv);
      const what = `${argv.join(' ')} with ${JSON.stringify(name)}`;
      expect(run.stderr, what).toContain('error[TREE_INVALID]');
      expect(run.exitCode, what).toBe(1);
      expect(await filesBeside(work), name).toEqual(before);
    }
    expect(await work.mgit('status')).toContain('nothing to commit');
  },
);

test('a patch whose paths lead out of the work tree or into .git changes nothing', async () => {
  await using work = await begin();
  const file = join(dirname(work.path), 'evil.mpatch');
  await work.mgit('switch', '-c', 'topic');
  await work.write('evil', 'evil');
  await work.mgit('add', '.');
  await work.mgit('commit', '-m', 'evil');
  await work.mgit('patch', 'create', 'main', '-o', file);
  await work.mgit('switch', 'main');
  const patch = await readFile(file);
  const before = await filesBeside(work);
  for (const name of HOSTILE_NAMES) {
    await writeFile(file, patchWithPath(patch, 'evil', name));
    const run = await work.attempt('patch', 'apply', file);
    expect(run.stderr, name).toMatch(/error\[(TREE_INVALID|PATCH_CORRUPT)\]/);
    expect(run.exitCode, name).toBe(1);
    expect(await filesBeside(work), name).toEqual(before);
  }
  await writeFile(file, patchWithPath(patch, 'evil', 'fine'));
  await work.mgit('patch', 'apply', file);
  expect(await filesBeside(work)).toEqual([...before, 'work/fine'].sort());
});

/** The same patch for another path, whole to whoever checks its digest. */
function patchWithPath(patch: Buffer, from: string, to: string): Uint8Array {
  const lengths = decodePatchHead(patch, patch.length);
  const end = PATCH_HEAD_BYTES + lengths.header;
  const old = JSON.stringify(from);
  const text = patch.subarray(PATCH_HEAD_BYTES, end).toString('utf8');
  const header = Buffer.from(text.replaceAll(`"path":${old}`, `"path":${JSON.stringify(to)}`));
  const head = encodePatchHead({ ...lengths, header: header.length });
  const body = Buffer.concat([head, header, patch.subarray(end, -PATCH_DIGEST_BYTES)]);
  return Buffer.concat([body, createHash('sha256').update(body).digest()]);
}

test('a clone of such a tree is refused, and writes nothing outside of its directory', async () => {
  await using work = await begin();
  for (const name of ['..', '.git::$INDEX_ALLOCATION', '.g\u200cit']) {
    await hostileBranch(work, name, 'folder');
    await work.git('symbolic-ref', 'HEAD', 'refs/heads/evil');
    const before = await filesBeside(work);
    const run = await runMgit(work.ports, dirname(work.path), 'clone', 'work', 'copy');
    expect(run.stderr, name).toContain('error[TREE_INVALID]');
    const after = (await filesBeside(work)).filter(path => !before.includes(path));
    expect(
      after.filter(path => !path.startsWith('copy')),
      name,
    ).toEqual([]);
    expect(
      after.filter(path => path.includes('post-checkout') || path.endsWith('fine')),
      name,
    ).toEqual([]);
    await work.ports.fs
      .removeDirectory(join(dirname(work.path), 'copy'), { recursive: true })
      .catch(() => {});
    await work.git('symbolic-ref', 'HEAD', 'refs/heads/main');
  }
});

/** A tree that holds a link and, under the name that the link has, a file: Git itself makes no such tree. */
test('a tree in which a link and a folder have one name is refused', async () => {
  await using work = await begin();
  const blob = await rawBlob(work, 'evil\n');
  const link = await rawBlob(work, '..');
  const folder = await rawTree(work, [{ mode: '100644', name: 'evil', id: blob }]);
  const tree = await rawTree(work, [
    { mode: '120000', name: 'out', id: link },
    { mode: '40000', name: 'out', id: folder },
  ]);
  await branchOfTree(work, 'evil', tree);
  const before = await filesBeside(work);
  for (const argv of [
    ['switch', 'evil'],
    ['merge', 'evil'],
    ['restore', '--source=evil', '.'],
  ])
    expect((await work.attempt(...argv)).stderr).toContain('error[TREE_INVALID]');
  expect(await filesBeside(work)).toEqual(before);
});

test('restore, switch and merge write no model and no file through a link to another place', async () => {
  await using work = await begin();
  const outside = join(dirname(work.path), 'outside');
  await mkdir(outside);
  await work.mgit('track', '*.safetensors');
  await work.write('sub/model.safetensors', picoModel(1));
  await work.write('sub/deep/file.txt', 'one');
  await work.mgit('add', '.');
  await work.mgit('commit', '-m', 'two');
  await work.mgit('switch', '-c', 'side');
  await work.write('sub/model.safetensors', picoModel(2));
  await work.write('sub/deep/file.txt', 'two');
  await work.mgit('commit', '-am', 'three');
  await work.mgit('switch', 'main');
  await work.ports.fs.removeDirectory(join(work.path, 'sub'), { recursive: true });
  await symlink(outside, join(work.path, 'sub'));
  for (const argv of [
    ['restore', '.'],
    ['restore', 'sub/model.safetensors'],
    ['restore', '--source=side', '.'],
    ['switch', 'side'],
    ['merge', 'side'],
    ['reset', '--hard', 'side'],
  ]) {
    const run = await work.attempt(...argv);
    expect(run.stderr, argv.join(' ')).toMatch(/error\[(PATH_BLOCKED|LOCAL_CHANGES)\]/);
    expect(run.exitCode, argv.join(' ')).toBe(1);
    expect(await readdir(outside), argv.join(' ')).toEqual([]);
  }
});

test('a link that takes the place of a file is replaced, not followed', async () => {
  await using work = await begin();
  const outside = join(dirname(work.path), 'outside.txt');
  await writeFile(outside, 'mine');
  await work.ports.fs.removeFile(join(work.path, 'a.txt'));
  await symlink(outside, join(work.path, 'a.txt'));
  await work.mgit('restore', 'a.txt');
  expect(await readFile(outside, 'utf8')).toBe('mine');
  expect((await work.ports.fs.lstat(join(work.path, 'a.txt'))).kind).toBe('file');
});

test('a clone whose tree holds a link out of it writes nothing at its end', async () => {
  await using work = await begin();
  const outside = join(dirname(work.path), 'outside');
  await mkdir(outside);
  await symlink(outside, join(work.path, 'out'));
  await work.mgit('add', '.');
  await work.mgit('commit', '-m', 'a link');
  await work.mgit('switch', '-c', 'next');
  await work.mgit('rm', 'out');
  await work.write('out/file', 'evil');
  await work.mgit('add', '.');
  await work.mgit('commit', '-m', 'a folder in its place');
  const copy = join(dirname(work.path), 'copy');
  expect((await runMgit(work.ports, dirname(work.path), 'clone', '-b', 'main', 'work', 'copy')).stderr).toBe(
    '',
  );
  expect((await work.ports.fs.lstat(join(copy, 'out'))).kind).toBe('symlink');
  expect((await runMgit(work.ports, copy, 'switch', 'next')).exitCode).toBe(0);
  expect((await work.ports.fs.lstat(join(copy, 'out'))).kind).toBe('directory');
  expect(await readdir(outside)).toEqual([]);
});
