import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { gitWithInput } from '../../testkit/git.ts';
import { type LfsScene, lfsScene, ownLfsStore } from '../../testkit/lfs-scene.ts';
import { picoModel } from '../../testkit/pico-model.ts';

const LFS_LINES =
  '*.safetensors filter=lfs diff=lfs merge=lfs -text\n*.png filter=lfs diff=lfs merge=lfs -text\n';
const MGIT = 'filter=mgit diff=mgit merge=mgit -text';

/** A history with a merge, tags, a signed commit and a file that stays in Git LFS. */
async function history(day: LfsScene): Promise<void> {
  await day.write('README.md', 'before any model\n');
  await day.commit('Begin');
  await day.write('.gitattributes', LFS_LINES);
  await day.lfs('picture.png', Buffer.from('no model'));
  await day.lfs('weights/model.safetensors', picoModel(1));
  await day.commit('Add the model');
  await day.git('tag', '-a', 'v1', '-m', 'First version');
  await day.git('switch', '--quiet', '-c', 'dev');
  await day.lfs('weights/model.safetensors', picoModel(2));
  await day.commit('Tune');
  await day.git('switch', '--quiet', 'main');
  await day.write('plain.pt.safetensors', picoModel(3));
  await day.commit('Add another');
  await day.git('merge', '--quiet', '--no-ff', 'dev', '-m', 'Merge dev');
  await day.git('tag', 'light');
  const [tree, parent] = (await day.git('rev-parse', 'HEAD^{tree}', 'HEAD')).trim().split('\n');
  const signed = `tree ${tree}\nparent ${parent}\nauthor Zoë <z@b> 1700000000 -0330\ncommitter B <b@c> 1700000001 +0530\ngpgsig -----BEGIN PGP SIGNATURE-----\n abc\n -----END PGP SIGNATURE-----\n\nSigned\n`;
  const id = await gitWithInput(day.ports, day.path, signed, 'hash-object', '-t', 'commit', '-w', '--stdin');
  await day.git('reset', '--quiet', '--hard', id.trim());
}

/** What must be the same before and after. */
async function outline(day: LfsScene): Promise<string> {
  const commits = await day.git(
    'log',
    '--all',
    '--format=%an %ae %ad|%cn %ce %cd|%B|%P',
    '--date=raw',
    '--topo-order',
  );
  const parents = (line: string) => line.replace(/\b[0-9a-f]{40}\b/g, 'parent');
  return parents(commits) + (await day.git('for-each-ref', '--format=%(refname) %(objecttype) %(contents)'));
}

async function show(day: LfsScene, name: string): Promise<string> {
  return day.git('show', name);
}

describe.each(['system', 'embedded'] as const)('with the %s history', implementation => {
  test('models become manifests in every commit, all else stays, and undo takes it back', async () => {
    await using day = await lfsScene(implementation);
    await history(day);
    const [before, refs, first] = [
      await outline(day),
      await day.git('for-each-ref'),
      await day.git('rev-parse', 'main~4'),
    ];
    const out = await day.mgit('import', '--from-lfs');
    expect(out).toContain('made models of 2 versions of files from Git LFS and 1 from plain Git');
    expect(out).toContain('rewrote 5 of 6 commits');
    expect(out).toContain('dropped 1 signature of');
    expect(await outline(day)).toBe(before);
    expect(await day.git('rev-parse', 'main~4')).toBe(first);
    await day.git('fsck', '--strict');
    for (const revision of ['main', 'dev', 'v1', 'light', 'main~1^2'])
      expect(await show(day, `${revision}:weights/model.safetensors`)).toContain('mgit manifest 1');
    expect(await show(day, 'v1:.gitattributes')).toBe(
      LFS_LINES.replace('filter=lfs diff=lfs merge=lfs -text', MGIT),
    );
    expect(await show(day, 'v1:picture.png')).toContain('https://git-lfs.github.com/spec/v1');
    for (const [revision, seed] of [
      ['v1', 1],
      ['dev', 2],
      ['main', 2],
    ] as const) {
      await day.mgit('cat', `${revision}:weights/model.safetensors`, '-o', join(day.path, '../copy'));
      expect((await day.read('../copy')).equals(picoModel(seed))).toBe(true);
    }
    expect((await day.read('weights/model.safetensors')).equals(picoModel(2))).toBe(true);
    expect(await day.mgit('status')).toContain('working tree clean');
    expect(await day.git('status', '--porcelain')).toBe('');
    expect(await day.mgit('fsck')).toContain('whole');
    await day.mgit('undo');
    expect(await day.git('for-each-ref')).toBe(refs);
    expect(await day.git('status', '--porcelain')).toBe('');
  });
});

test('a detached HEAD goes along; in a bare repository there is nothing else to move', async () => {
  await using day = await lfsScene();
  await history(day);
  await day.git('switch', '--quiet', '--detach', 'v1');
  await day.git('clone', '--quiet', '--mirror', day.path, '../bare.git');
  await day.mgit('import', '--from-lfs', '*.safetensors');
  expect(await day.git('rev-parse', 'HEAD')).toBe(await day.git('rev-parse', 'v1^{commit}'));
  expect((await day.read('weights/model.safetensors')).equals(picoModel(1))).toBe(true);
  const bare = join(day.path, '../bare.git');
  await day.mgit('-C', bare, 'import', '--from-lfs', '--remote', day.path);
  const rewritten = ['rev-parse', 'main', 'dev', 'v1'];
  expect(await day.git('-C', bare, ...rewritten)).toBe(await day.git(...rewritten));
  await day.mgit('-C', bare, 'undo');
  expect(await day.git('-C', bare, 'show', 'main:weights/model.safetensors')).toContain('spec/v1');
});

test('what is missing is told by path, commit and object, and nothing moves', async () => {
  await using day = await lfsScene();
  await history(day);
  const refs = await day.git('for-each-ref');
  await rm(join(ownLfsStore(day), 'objects'), { recursive: true });
  const run = await day.attempt('--json', 'import', '--from-lfs');
  expect(run.exitCode).toBe(1);
  const { error } = run.json() as { error: { code: string; details: { versions: unknown[] } } };
  expect(error.code).toBe('LFS_OBJECTS_MISSING');
  expect(error.details.versions).toMatchObject([
    {
      path: 'weights/model.safetensors',
      commit: (await day.git('rev-parse', 'v1^{commit}')).trim(),
      oid: /oid sha256:(\w+)/.exec(await show(day, 'v1:weights/model.safetensors'))?.[1],
    },
    { path: 'weights/model.safetensors', commit: (await day.git('rev-parse', 'dev')).trim() },
  ]);
  expect(await day.git('for-each-ref')).toBe(refs);
});

test('broken versions may be left as they are, declared as what they are', async () => {
  await using day = await lfsScene();
  await day.write('.gitattributes', LFS_LINES);
  await day.lfs('model.safetensors', picoModel(1));
  await day.commit('Good');
  await day.lfs('model.safetensors', picoModel(2).subarray(0, 100));
  await day.commit('Cut off');
  await day.lfs('model.safetensors', picoModel(3));
  await day.commit('Good again');
  const refused = await day.attempt('import', '--from-lfs');
  expect(refused.stderr).toContain('error[IMPORT_UNREADABLE]');
  expect(refused.stderr).toContain(
    `model.safetensors of commit ${(await day.git('rev-parse', '--short=12', 'HEAD~1')).trim()}`,
  );
  expect(await day.mgit('import', '--from-lfs', '--leave-broken')).toContain('1 version left as they are');
  expect(await show(day, 'main~1:model.safetensors')).toContain('spec/v1');
  for (const [revision, filter] of [
    ['main~2', 'mgit'],
    ['main~1', 'lfs'],
    ['main', 'mgit'],
  ] as const) {
    await day.mgit('switch', '--detach', revision);
    expect(await day.git('check-attr', 'filter', '--', 'model.safetensors')).toContain(`filter: ${filter}`);
    expect(await day.mgit('status')).toContain('working tree clean');
  }
});

test('an import that was interrupted stores nothing twice', async () => {
  await using day = await lfsScene();
  await history(day);
  await day.git('switch', '--quiet', '-c', 'broken');
  await day.write('.gitattributes', LFS_LINES);
  await day.lfs('weights/bad.safetensors', Buffer.from('no model at all'));
  await day.commit('Add what is no model');
  expect((await day.attempt('import', '--from-lfs')).stderr).toContain('IMPORT_UNREADABLE');
  const result = await day.attempt('--json', 'import', '--from-lfs', '--exclude', 'weights/bad.*');
  expect(result.json()).toMatchObject({ fromLfs: 2, fromGit: 1, bytes: 0, storedBytes: 0 });
  expect(await show(day, 'broken:weights/bad.safetensors')).toContain('spec/v1');
  expect(await day.git('check-attr', 'filter', '--', 'weights/bad.safetensors')).toContain('filter: lfs');
  expect(await day.mgit('status')).toContain('working tree clean');
});

test('local changes, a ref that moves meanwhile, nothing to do: all of it is refused', async () => {
  await using day = await lfsScene();
  await history(day);
  await day.write('README.md', 'changed');
  expect((await day.attempt('import', '--from-lfs')).stderr).toContain('error[LOCAL_CHANGES]');
  await day.git('checkout', '--quiet', 'README.md');
  expect((await day.attempt('import', '--from-lfs', '*.gguf')).stderr).toContain('error[NOTHING_TO_IMPORT]');
  expect((await day.attempt('import')).stderr).toContain('error[USAGE]');
  await day.git('worktree', 'add', '--quiet', '../other', 'dev');
  expect((await day.attempt('import', '--from-lfs')).stderr).toContain('error[BRANCH_CHECKED_OUT]');
  await day.git('worktree', 'remove', '../other');
  await writeFile(join(day.path, '.git/shallow'), await day.git('rev-parse', 'main~4'));
  expect((await day.attempt('import', '--from-lfs')).stderr).toContain('error[HISTORY_SHALLOW]');
});

test('a dry run only tells', async () => {
  await using day = await lfsScene();
  await history(day);
  const refs = await day.git('for-each-ref');
  expect(await day.mgit('import', '--from-lfs', '-n')).toBe(
    'would make models of 2 versions of files from Git LFS and 1 from plain Git, in 6 commits',
  );
  expect(await day.git('for-each-ref')).toBe(refs);
});

test('a damaged object of this repository is not believed', async () => {
  await using day = await lfsScene();
  const text = await day.lfs('model.safetensors', picoModel(1));
  await day.write('.gitattributes', LFS_LINES);
  await day.commit('Add');
  const oid = /sha256:(\w+)/.exec(text)?.[1] ?? '';
  const object = join(ownLfsStore(day), 'objects', oid.slice(0, 2), oid.slice(2, 4), oid);
  await writeFile(object, picoModel(2));
  const refused = await day.attempt('import', '--from-lfs');
  expect(refused.stderr).toContain('error[IMPORT_UNREADABLE]');
  expect(refused.stderr).toContain(oid);
});
