import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CommitId, ObjectId } from '../../../src/base/ids.ts';
import { collect, type Implementation, testRepository, writeFiles } from './repository.ts';

const ABSENT = '1234567890123456789012345678901234567890' as ObjectId;

export function objectCases(implementation: Implementation): void {
  test.each([
    ['empty', Buffer.alloc(0)],
    ['binary', Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))],
    ['1 MiB', Buffer.alloc(1 << 20, 'tensor\0')],
  ])('a blob comes back: %s', async (_name, bytes) => {
    await using repo = await testRepository(implementation);
    const id = await repo.history.writeBlob(bytes);
    expect(id).toBe(repo.history.hashBlob(bytes));
    expect(await repo.history.writeBlob(bytes)).toBe(id);
    for (const history of [repo.history, repo.other])
      expect(Buffer.compare(await history.readBlob(id), bytes)).toBe(0);
    expect(repo.git('cat-file', '-s', id)).toBe(String(bytes.length));
    repo.git('fsck', '--strict');
  });

  test('a large blob comes in slices, and may be left half-way', async () => {
    await using repo = await testRepository(implementation);
    const bytes = Buffer.alloc(9 << 20, Buffer.from(Array.from({ length: 251 }, (_, byte) => byte)));
    const id = await repo.history.writeBlob(bytes);
    expect(await repo.history.blobSize(id)).toBe(bytes.length);
    for await (const slice of repo.history.streamBlob(id)) {
      expect(bytes.subarray(0, slice.length).equals(slice)).toBe(true);
      break;
    }
    const whole = Buffer.concat(await collect(repo.history.streamBlob(id)));
    expect(whole.equals(bytes)).toBe(true);
    expect(await collect(repo.history.streamBlob(await repo.history.writeBlob(Buffer.of(7))))).toEqual([
      Buffer.of(7),
    ]);
  });

  test('one tree at a time: folders are entries, and are written as they are', async () => {
    await using repo = await testRepository(implementation);
    const files = await writeFiles(repo.history, { 'a/b/c': 'x', d: 'y' });
    const tree = await repo.history.writeTree(files);
    const entries = await repo.history.readTreeEntries(tree);
    expect(entries.map(({ name, mode }) => [name, mode])).toEqual([
      ['a', 0o040000],
      ['d', 0o100644],
    ]);
    expect(await repo.history.writeTreeEntries([...entries].reverse())).toBe(tree);
    const other = entries.map(entry => ({ ...entry, name: `${entry.name}2` }));
    const written = await repo.history.writeTreeEntries(other);
    expect(repo.git('ls-tree', '-r', '--name-only', written).split('\n')).toEqual(['a2/b/c', 'd2']);
  });

  test('many blobs come back in the order asked, loose and packed', async () => {
    await using repo = await testRepository(implementation);
    const texts = Array.from({ length: 60 }, (_, i) => `blob ${i} ${'x'.repeat(i * 50)}`);
    const ids = await Promise.all(texts.map(text => repo.history.writeBlob(Buffer.from(text))));
    const commit = await repo.history.writeTree(
      ids.slice(0, 30).map((id, i) => ({ path: `f${i}`, mode: 0o100644, id })),
    );
    repo.git('tag', 'keep', commit);
    repo.git('repack', '-adq');
    repo.git('prune-packed');
    const read = await collect(repo.history.readBlobs([...ids].reverse()));
    expect(read.map(bytes => Buffer.from(bytes).toString())).toEqual([...texts].reverse());
  });

  test('what is missing or of another type says so', async () => {
    await using repo = await testRepository(implementation);
    const blob = await repo.history.writeBlob(Buffer.from('x'));
    expect(await repo.history.hasObject(blob)).toBe(true);
    expect(await repo.history.hasObject(ABSENT)).toBe(false);
    for (const read of [
      () => repo.history.readBlob(ABSENT),
      () => repo.history.blobSize(ABSENT),
      () => collect(repo.history.streamBlob(ABSENT)),
    ])
      await expect(read()).rejects.toMatchObject({ code: 'OBJECT_MISSING' });
    for (const read of [
      () => repo.history.readCommit(blob as CommitId),
      () => repo.history.readTagObject(blob),
      () => repo.history.readTreeEntries(blob),
    ])
      await expect(read()).rejects.toMatchObject({ code: 'OBJECT_TYPE_MISMATCH' });
    const tree = await repo.history.writeTree([]);
    await expect(repo.history.blobSize(tree)).rejects.toMatchObject({ code: 'OBJECT_TYPE_MISMATCH' });
    expect(Buffer.from(await repo.history.readBlob(blob)).toString()).toBe('x');
  });

  test('a damaged object is an error, and the next read works', async () => {
    await using repo = await testRepository(implementation);
    const good = await repo.history.writeBlob(Buffer.from('good'));
    const bad = await repo.history.writeBlob(Buffer.from('bad'));
    const path = join(repo.path, '.git/objects', bad.slice(0, 2), bad.slice(2));
    chmodSync(path, 0o644);
    writeFileSync(path, 'damaged');
    for (const read of [() => repo.history.readBlob(bad), () => collect(repo.history.streamBlob(bad))])
      await expect(read()).rejects.toMatchObject({ code: 'OBJECT_CORRUPT' });
    expect(Buffer.from(await repo.history.readBlob(good)).toString()).toBe('good');
  });

  test('a tree with folders, modes and Unicode comes back, and git agrees', async () => {
    await using repo = await testRepository(implementation);
    const id = await repo.history.writeBlob(Buffer.from('x'));
    const files = [
      { path: 'a-b', mode: 0o100644, id },
      { path: 'a.txt', mode: 0o100644, id },
      { path: 'a/deep/er/file', mode: 0o100644, id },
      { path: 'a/run.sh', mode: 0o100755, id },
      { path: 'link', mode: 0o120000, id },
      { path: 'modèle/tensör 張量.safetensors', mode: 0o100644, id },
      { path: 'sub', mode: 0o160000, id: ABSENT },
    ];
    const tree = await repo.history.writeTree([...files].reverse());
    for (const history of [repo.history, repo.other]) {
      expect(await history.listTree(tree)).toEqual(files);
      expect(await history.listTree(tree, 'a/')).toEqual(files.slice(2, 4));
      expect(await history.listTree(tree, 'nowhere')).toEqual([]);
      expect(await history.findInTree(tree, 'a/run.sh')).toEqual(files[3]);
      expect(await history.findInTree(tree, 'a')).toBeUndefined();
      expect(await history.findInTree(tree, 'a.txt/x')).toBeUndefined();
    }
    const listed = repo.git('ls-tree', '-r', '-z', '--name-only', tree).split('\0').slice(0, -1);
    expect(listed).toEqual(files.map(({ path }) => path));
    expect(await repo.history.writeTree([])).toBe('4b825dc642cb6eb9a060e54bf8d69288fbee4904');
    repo.git('fsck', '--strict');
  });

  test.each([
    '',
    '.',
    '..',
    'a/../b',
    '.git',
    'a/.GIT/config',
    '.git./x',
    'GIT~1',
    '.g\u200cit',
    '.git::$INDEX_ALLOCATION',
    'a//b',
    '/a',
    'a/',
    'a\0b',
    'x'.repeat(256),
    '\ud800',
  ])('a tree refuses the path %j', async path => {
    await using repo = await testRepository(implementation);
    const [file] = await writeFiles(repo.history, { fine: 'x' });
    const files = [{ path, mode: 0o100644, id: file?.id as ObjectId }];
    await expect(repo.history.writeTree(files)).rejects.toMatchObject({ code: 'TREE_INVALID' });
  });

  test('a tree refuses a path twice, a file that is also a folder, and unknown modes', async () => {
    await using repo = await testRepository(implementation);
    const id = await repo.history.writeBlob(Buffer.from('x'));
    const entry = (path: string, mode = 0o100644) => ({ path, mode, id });
    for (const files of [
      [entry('a'), entry('a')],
      [entry('a'), entry('a/b')],
      [entry('a/b'), entry('a')],
      [entry('a', 0o040000)],
    ])
      await expect(repo.history.writeTree(files)).rejects.toMatchObject({ code: 'TREE_INVALID' });
  });

  test('a commit comes back as written', async () => {
    await using repo = await testRepository(implementation);
    const tree = await repo.history.writeTree(await writeFiles(repo.history, { 'a.txt': 'x' }));
    const root = await repo.history.writeCommit({ tree, parents: [], message: '' });
    const author = {
      name: 'Zoë Ünal',
      email: 'zoë@example.org',
      timestamp: 1_700_000_000,
      timezoneOffset: -210,
    };
    const committer = { name: 'Beta', email: 'b@example.org', timestamp: 1_700_000_001, timezoneOffset: 330 };
    const message = 'train: Größe\n\nbody\n\nMgit-Run: 1\n';
    const id = await repo.history.writeCommit({ tree, parents: [root], message, author, committer });
    for (const history of [repo.history, repo.other])
      expect(await history.readCommit(id)).toEqual({
        id,
        tree,
        parents: [root],
        author,
        committer,
        message,
        signed: false,
      });
    const shown = repo.git('show', '-s', '--format=%an|%ae|%ad|%cd|%B', '--date=raw', id);
    expect(shown.trimEnd()).toBe(
      `Zoë Ünal|zoë@example.org|1700000000 -0330|1700000001 +0530|${message.trimEnd()}`,
    );
    expect((await repo.history.readCommit(root)).author).toMatchObject({
      name: 'A Contributor',
      email: 'contributor@example.org',
    });
    repo.git('fsck', '--strict');
  });

  test("a commit of git's with an encoding and a signature is read", async () => {
    await using repo = await testRepository(implementation);
    const tree = await repo.history.writeTree([]);
    const raw = Buffer.from(
      `tree ${tree}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\nencoding ISO-8859-1\ngpgsig -----BEGIN\n line\n -----END\n\nGr\u00fc\u00dfe\n`,
      'latin1',
    );
    writeFileSync(join(repo.home, 'raw'), raw);
    const id = repo.git('hash-object', '-t', 'commit', '-w', join(repo.home, 'raw')) as CommitId;
    expect(await repo.history.readCommit(id)).toMatchObject({ message: 'Grüße\n', signed: true });
  });

  test('an annotated tag', async () => {
    await using repo = await testRepository(implementation);
    const target = await repo.commit('one');
    const tag = await repo.history.writeTag({ name: 'v1.0', target, message: 'first' });
    await repo.history.updateRefs([{ ref: 'refs/tags/v1.0', target: tag, expected: null }], '');
    expect(repo.git('tag', '-n', '-l')).toBe('v1.0            first');
    expect(await repo.history.writeTagObject(await repo.history.readTagObject(tag))).toBe(tag);
    await expect(repo.history.writeTagObject(Buffer.from('x'))).rejects.toMatchObject({
      code: 'OBJECT_CORRUPT',
    });
    for (const history of [repo.history, repo.other]) {
      expect(await history.resolveObject('v1.0')).toBe(tag);
      expect(await history.resolveCommit('v1.0')).toBe(target);
      expect(await history.resolveObject('v1.0^{}')).toBe(target);
    }
    repo.git('fsck', '--strict');
  });
}
