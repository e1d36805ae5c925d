import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ObjectId } from '../../../src/base/ids.ts';
import { openHistory } from '../../../src/store/history/open.ts';
import { type Implementation, testRepository } from './repository.ts';

const MAIN = 'refs/heads/main';
const ABSENT = '1234567890123456789012345678901234567890' as ObjectId;

export function refCases(implementation: Implementation): void {
  test('an unborn branch, its first commit, and the log of both HEAD and the branch', async () => {
    await using repo = await testRepository(implementation);
    expect(await repo.history.head()).toEqual({ kind: 'branch', ref: MAIN, commit: undefined });
    expect(await repo.history.readRef('HEAD')).toBeUndefined();
    const one = await repo.commit('one');
    await repo.history.updateRefs([{ ref: MAIN, target: one, expected: null }], 'commit (initial): one');
    const two = await repo.commit('two', [one]);
    await repo.history.updateRefs([{ ref: MAIN, target: two, expected: one }], 'commit: two\nlines');
    for (const history of [repo.history, repo.other]) {
      expect(await history.head()).toEqual({ kind: 'branch', ref: MAIN, commit: two });
      for (const ref of ['HEAD', MAIN])
        expect((await history.reflog(ref)).map(entry => [entry.old, entry.new, entry.message])).toEqual([
          [one, two, 'commit: two lines'],
          ['0'.repeat(40), one, 'commit (initial): one'],
        ]);
      expect((await history.reflog(MAIN))[0]?.who).toMatchObject({
        name: 'A Contributor',
        email: 'contributor@example.org',
      });
    }
    expect(repo.git('reflog', '--format=%gs')).toBe('commit: two lines\ncommit (initial): one');
    expect(repo.git('status', '--short', '--branch').split('\n')[0]).toBe('## main');
    repo.git('fsck', '--strict');
  });

  test('an update through HEAD moves the branch', async () => {
    await using repo = await testRepository(implementation);
    const one = await repo.commit('one');
    await repo.history.updateRefs([{ ref: 'HEAD', target: one }], 'commit: one');
    expect(repo.git('symbolic-ref', 'HEAD')).toBe(MAIN);
    expect(await repo.other.readRef(MAIN)).toBe(one);
    expect(await repo.other.reflog('HEAD')).toHaveLength(1);
    expect(await repo.other.reflog(MAIN)).toHaveLength(1);
  });

  test('an entry of a log goes, and the ref with the last one', async () => {
    await using repo = await testRepository(implementation);
    const { history, other } = repo;
    const ref = 'refs/stash';
    const commits = [await repo.commit('one'), await repo.commit('two'), await repo.commit('three')] as const;
    const [one, two, three] = commits;
    for (const target of commits) await history.updateRefs([{ ref, target }], `to ${target}`);
    await expect(history.dropReflogEntry(ref, 0, one)).rejects.toMatchObject({ code: 'REF_CONFLICT' });
    await expect(history.dropReflogEntry(ref, 3, one)).rejects.toMatchObject({ code: 'REF_CONFLICT' });
    await history.dropReflogEntry(ref, 1, two);
    for (const reader of [history, other])
      expect((await reader.reflog(ref)).map(entry => [entry.old, entry.new, entry.message])).toEqual([
        [one, three, `to ${three}`],
        ['0'.repeat(40), one, `to ${one}`],
      ]);
    expect(repo.git('stash', 'list', '--format=%H').split('\n')).toEqual([three, one]);
    await history.dropReflogEntry(ref, 0, three);
    for (const reader of [history, other]) expect(await reader.readRef(ref)).toBe(one);
    await history.dropReflogEntry(ref, 0, one);
    for (const reader of [history, other]) {
      expect(await reader.readRef(ref)).toBeUndefined();
      expect(await reader.reflog(ref)).toEqual([]);
    }
    repo.git('fsck', '--strict');
  });

  test('compare-and-swap: what is not as expected stays', async () => {
    await using repo = await testRepository(implementation);
    const [one, two] = [await repo.commit('one'), await repo.commit('two')];
    const { history } = repo;
    await history.updateRefs([{ ref: MAIN, target: one, expected: null }], 'x');
    const conflicts = [
      { ref: MAIN, target: two, expected: null },
      { ref: MAIN, target: two, expected: two },
      { ref: MAIN, target: null, expected: two },
      { ref: 'refs/heads/absent', target: two, expected: one },
      { ref: 'refs/heads/absent', target: null, expected: one },
      { ref: MAIN, target: null, expected: null },
    ];
    for (const update of conflicts)
      await expect(history.updateRefs([update], 'x')).rejects.toMatchObject({ code: 'REF_CONFLICT' });
    expect(await history.listRefs('')).toEqual([{ ref: MAIN, id: one }]);
    await history.updateRefs([{ ref: MAIN, target: two }], 'x');
    expect(await history.readRef(MAIN)).toBe(two);
  });

  test('several refs change together or not at all', async () => {
    await using repo = await testRepository(implementation);
    const { history } = repo;
    const [one, two] = [await repo.commit('one'), await repo.commit('two')];
    await history.updateRefs(
      [
        { ref: MAIN, target: one, expected: null },
        { ref: 'refs/heads/side', target: one, expected: null },
        { ref: 'refs/mgit/candidates/x', target: two, expected: null },
      ],
      'start',
    );
    await expect(
      history.updateRefs(
        [
          { ref: MAIN, target: two, expected: one },
          { ref: 'refs/mgit/candidates/x', target: null, expected: two },
          { ref: 'refs/heads/side', target: two, expected: two },
        ],
        'never',
      ),
    ).rejects.toMatchObject({ code: 'REF_CONFLICT' });
    for (const reader of [history, repo.other])
      expect(await reader.listRefs('refs/')).toEqual([
        { ref: MAIN, id: one },
        { ref: 'refs/heads/side', id: one },
        { ref: 'refs/mgit/candidates/x', id: two },
      ]);
    await history.updateRefs(
      [
        { ref: MAIN, target: two, expected: one },
        { ref: 'refs/mgit/candidates/x', target: null, expected: two },
      ],
      'land',
    );
    expect(await repo.other.listRefs('refs/mgit/')).toEqual([]);
    expect(await history.listRefs('refs/heads/s')).toEqual([{ ref: 'refs/heads/side', id: one }]);
    expect(await history.reflog('refs/heads/side')).toHaveLength(1);
    repo.git('fsck', '--strict');
  });

  test('packed refs are read, moved and deleted', async () => {
    await using repo = await testRepository(implementation);
    const { history } = repo;
    const [one, two] = [await repo.commit('one'), await repo.commit('two')];
    const names = ['refs/heads/a', 'refs/heads/b', 'refs/heads/b2', MAIN];
    await history.updateRefs(
      names.map(ref => ({ ref, target: one, expected: null })),
      'x',
    );
    repo.git('pack-refs', '--all', '--prune');
    expect(existsSync(join(repo.path, '.git/refs/heads/a'))).toBe(false);
    await history.updateRefs(
      [
        { ref: 'refs/heads/a', target: null, expected: one },
        { ref: 'refs/heads/b', target: two, expected: one },
      ],
      'x',
    );
    for (const reader of [history, repo.other])
      expect(await reader.listRefs('refs/heads/')).toEqual([
        { ref: 'refs/heads/b', id: two },
        { ref: 'refs/heads/b2', id: one },
        { ref: MAIN, id: one },
      ]);
    expect(repo.git('for-each-ref', '--format=%(refname)')).toBe(
      'refs/heads/b\nrefs/heads/b2\nrefs/heads/main',
    );
    await history.updateRefs([{ ref: 'refs/heads/b', target: null }], 'x');
    expect(await repo.other.readRef('refs/heads/b')).toBeUndefined();
    expect(await history.reflog('refs/heads/a')).toEqual([]);
  });

  test('a ref cannot be below another one, unless that one goes', async () => {
    await using repo = await testRepository(implementation);
    const { history } = repo;
    const one = await repo.commit('one');
    await history.updateRefs([{ ref: 'refs/heads/topic', target: one }], 'x');
    const below = [{ ref: 'refs/heads/topic/a', target: one, expected: null }];
    await expect(history.updateRefs(below, 'x')).rejects.toMatchObject({ code: 'REF_CONFLICT' });
    repo.git('pack-refs', '--all', '--prune');
    await expect(history.updateRefs(below, 'x')).rejects.toMatchObject({ code: 'REF_CONFLICT' });
    await history.updateRefs([{ ref: 'refs/heads/topic', target: null }], 'x');
    await history.updateRefs(below, 'x');
    await expect(
      history.updateRefs([{ ref: 'refs/heads/topic', target: one, expected: null }], 'x'),
    ).rejects.toMatchObject({ code: 'REF_CONFLICT' });
    await history.updateRefs([{ ref: 'refs/heads/topic/a', target: null }], 'x');
    await history.updateRefs([{ ref: 'refs/heads/topic', target: one, expected: null }], 'x');
    expect(await repo.other.listRefs('')).toEqual([{ ref: 'refs/heads/topic', id: one }]);
    await expect(
      history.updateRefs(
        [
          { ref: 'refs/heads/n', target: one },
          { ref: 'refs/heads/n/m', target: one },
        ],
        'x',
      ),
    ).rejects.toMatchObject({ code: 'REF_CONFLICT' });
  });

  test('HEAD is detached and comes back', async () => {
    await using repo = await testRepository(implementation);
    const { history } = repo;
    const [one, two] = [await repo.commit('one'), await repo.commit('two')];
    await history.updateRefs([{ ref: MAIN, target: one }], 'x');
    await history.setHead({ commit: two }, 'checkout: moving from main to two');
    expect(await repo.other.head()).toEqual({ kind: 'detached', commit: two });
    expect(await history.readRef(MAIN)).toBe(one);
    await history.updateRefs([{ ref: 'HEAD', target: one, expected: two }], 'reset');
    expect(await repo.other.head()).toEqual({ kind: 'detached', commit: one });
    await history.setHead({ branch: 'main' }, 'checkout: moving from one to main');
    expect(await repo.other.head()).toEqual({ kind: 'branch', ref: MAIN, commit: one });
    await history.setHead({ branch: 'refs/heads/new/born' }, 'checkout');
    expect(repo.git('symbolic-ref', 'HEAD')).toBe('refs/heads/new/born');
    expect((await repo.other.reflog('HEAD')).map(({ message }) => message)).toEqual([
      'checkout: moving from one to main',
      'reset',
      'checkout: moving from main to two',
      'x',
    ]);
  });

  test.each([
    'refs/heads/a..b',
    'refs/heads/.a',
    'refs/heads/a.lock',
    'refs/heads/a b',
    'main',
    'refs/heads/',
    'x/y',
    'refs/../HEAD',
  ])('the name %j is refused', async ref => {
    await using repo = await testRepository(implementation);
    const one = await repo.commit('one');
    await expect(repo.history.updateRefs([{ ref, target: one }], 'x')).rejects.toMatchObject({
      code: 'REF_INVALID',
    });
  });

  test('a ref never points at what is not there', async () => {
    await using repo = await testRepository(implementation);
    await expect(repo.history.updateRefs([{ ref: MAIN, target: ABSENT }], 'x')).rejects.toMatchObject({
      code: 'OBJECT_MISSING',
    });
    const blob = await repo.history.writeBlob(Buffer.from('x'));
    await expect(repo.history.updateRefs([{ ref: MAIN, target: blob }], 'x')).rejects.toMatchObject({
      code: 'REF_INVALID',
    });
  });

  test("another process's lock is respected", async () => {
    await using repo = await testRepository(implementation);
    const one = await repo.commit('one');
    const lock = join(repo.path, '.git/refs/heads/main.lock');
    mkdirSync(join(repo.path, '.git/refs/heads'), { recursive: true });
    writeFileSync(lock, '');
    const updates = [
      { ref: 'refs/heads/aside', target: one },
      { ref: MAIN, target: one },
    ];
    await expect(repo.history.updateRefs(updates, 'x')).rejects.toMatchObject({ code: 'REF_LOCKED' });
    expect(await repo.history.listRefs('')).toEqual([]);
    rmSync(lock);
    await repo.history.updateRefs(updates, 'x');
    expect(repo.git('rev-parse', 'main', 'aside')).toBe(`${one}\n${one}`);
  });

  test('of two racing transactions exactly one wins', async () => {
    await using repo = await testRepository(implementation);
    const base = await repo.commit('base');
    await repo.history.updateRefs([{ ref: MAIN, target: base }], 'x');
    await using second = await closing(
      openHistory({ ports: repo.ports, directory: repo.path, implementation }),
    );
    for (let round = 0; round < 5; round++) {
      const expected = await repo.history.readRef(MAIN);
      const commits = [await repo.commit(`l${round}`, [base]), await repo.commit(`r${round}`, [base])];
      const writers = [repo.history, second.history, repo.other];
      const outcomes = await Promise.allSettled(
        writers.map((writer, i) =>
          writer.updateRefs(
            [{ ref: MAIN, target: commits[i % 2] ?? base, expected: expected ?? null }],
            'race',
          ),
        ),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBe(1);
      for (const outcome of outcomes)
        if (outcome.status === 'rejected')
          expect(['REF_CONFLICT', 'REF_LOCKED']).toContain(outcome.reason.code);
    }
    expect(await repo.other.reflog(MAIN)).toHaveLength(6);
    repo.git('fsck', '--strict');
  });
}

async function closing<T extends { close(): Promise<void> }>(
  opening: Promise<T>,
): Promise<AsyncDisposable & { readonly history: T }> {
  const history = await opening;
  return { history, [Symbol.asyncDispose]: () => history.close() };
}
