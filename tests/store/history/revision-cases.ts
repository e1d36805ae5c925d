import { expect, test } from 'vitest';
import type { CommitId, ObjectId } from '../../../src/base/ids.ts';
import { collect, type Implementation, type TestRepository, testRepository } from './repository.ts';

const ABSENT = '1234567890123456789012345678901234567890' as CommitId;

export function revisionCases(implementation: Implementation): void {
  test('the table of revisions reads as git reads it', async () => {
    await using repo = await testRepository(implementation);
    const { third } = await diamond(repo);
    const tag = await repo.history.writeTag({ name: 'v1', target: third, message: 'v1' });
    await repo.history.updateRefs(
      [
        { ref: 'refs/tags/v1', target: tag },
        { ref: 'refs/remotes/origin/main', target: third },
      ],
      'x',
    );
    repo.git('symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/main');
    const revisions = [
      'HEAD', '@', 'main', 'heads/main', 'refs/heads/main', 'v1', 'v1^{}', 'v1^{commit}', 'v1^{tag}', 'v1~1', 'origin', 'origin/main',
      'HEAD~', 'HEAD~0', 'HEAD~2', 'HEAD^', 'HEAD^2', 'HEAD^^2', 'HEAD^2~1', 'HEAD^0', 'main@{0}', 'main@{1}', '@{1}', 'HEAD@{1}~1',
      'HEAD^{tree}', 'HEAD:a.txt', 'HEAD:', 'HEAD~3', 'HEAD^3', 'HEAD~100', 'nothing', 'main@{99}', 'v1^{blob}', 'HEAD:absent', 'HEAD^x', 'HEAD@{x',
      third.slice(0, 7), third.slice(0, 12), `${third.slice(0, 12)}^`, third, ABSENT.slice(0, 9), '', '-x', 'a..b', '^HEAD', 'abc',
    ]; // biome-ignore format: a table
    for (const revision of revisions) {
      const expected = gitAnswer(repo, revision);
      expect(await answer(repo.history.resolveObject(revision)), revision).toBe(expected);
    }
    expect(await repo.history.resolveCommit('v1')).toBe(third);
    await expect(repo.history.resolveCommit('HEAD^{tree}')).rejects.toMatchObject({
      code: 'REVISION_UNKNOWN',
    });
    await expect(repo.history.resolveCommit(ABSENT)).rejects.toMatchObject({ code: 'REVISION_UNKNOWN' });
  });

  test('an ambiguous abbreviation says so', async () => {
    await using repo = await testRepository(implementation);
    const seen = new Map<string, ObjectId>();
    let clash: string | undefined;
    for (let i = 0; clash === undefined; i++) {
      const id = repo.history.hashBlob(Buffer.from(`blob ${i}`));
      const first = seen.get(id.slice(0, 4));
      if (first !== undefined && first !== id) clash = id.slice(0, 4);
      seen.set(id.slice(0, 4), id);
      await repo.history.writeBlob(Buffer.from(`blob ${i}`));
    }
    await expect(repo.history.resolveObject(clash)).rejects.toMatchObject({ code: 'REVISION_AMBIGUOUS' });
    const id = repo.history.hashBlob(Buffer.from('blob 0'));
    expect(await repo.history.abbreviate(id)).toBe(id.slice(0, 7));
    await repo.history.setConfig('core.abbrev', '12', 'local');
    expect(await repo.history.abbreviate(id)).toBe(id.slice(0, 12));
    await expect(repo.history.abbreviate(ABSENT)).rejects.toMatchObject({ code: 'OBJECT_MISSING' });
    const [one, two] = [await repo.commit('one'), await repo.commit('two')];
    const short = await repo.history.abbreviateCommits([two, one, two]);
    expect(short).toEqual([two, one, two].map(commit => commit.slice(0, 12)));
    expect(await repo.history.abbreviateCommits([])).toEqual([]);
    const absent = repo.history.abbreviateCommits([ABSENT as CommitId]);
    await expect(absent).rejects.toMatchObject({ code: 'OBJECT_MISSING' });
  });

  test('merge bases: a line, a fork, a criss-cross, strangers', async () => {
    await using repo = await testRepository(implementation);
    const root = await repo.commit('root');
    const [left, right] = [await repo.commit('left', [root]), await repo.commit('right', [root])];
    const [over, under] = [
      await repo.commit('over', [left, right]),
      await repo.commit('under', [right, left]),
    ];
    const [a, b] = [await repo.commit('a', [over]), await repo.commit('b', [under])];
    const stranger = await repo.commit('stranger');
    const { history } = repo;
    expect(await history.mergeBases(a, a)).toEqual([a]);
    expect(await history.mergeBases(left, root)).toEqual([root]);
    expect(await history.mergeBases(left, right)).toEqual([root]);
    expect([...(await history.mergeBases(a, b))].sort()).toEqual([left, right].sort());
    expect(await history.mergeBases(a, stranger)).toEqual([]);
    expect(await history.isAncestor(root, a)).toBe(true);
    expect(await history.isAncestor(a, a)).toBe(true);
    expect(await history.isAncestor(a, root)).toBe(false);
    expect(await history.isAncestor(stranger, a)).toBe(false);
    await expect(history.mergeBases(a, ABSENT)).rejects.toMatchObject({ code: 'OBJECT_MISSING' });
    await expect(history.isAncestor(ABSENT, a)).rejects.toMatchObject({ code: 'OBJECT_MISSING' });
  });

  test('a walk shows children before parents, newest first', async () => {
    await using repo = await testRepository(implementation);
    const { root, first, second, merge, third } = await diamond(repo);
    const walk = async (options: Parameters<typeof repo.history.walk>[0]) =>
      (await collect(repo.history.walk(options))).map(({ id }) => id);
    const expected = repo.git('rev-list', '--date-order', 'main').split('\n');
    expect(await walk({ include: [third] })).toEqual(expected);
    expect(expected).toEqual([third, merge, second, first, root]);
    expect(await walk({ include: [third], limit: 2 })).toEqual([third, merge]);
    expect(await walk({ include: [third], exclude: [first] })).toEqual([third, merge, second]);
    expect(await walk({ include: [third], firstParent: true })).toEqual([third, merge, first, root]);
    expect(await walk({ include: [first, second, first] })).toEqual([second, first, root]);
    expect(await walk({ include: [root], exclude: [third] })).toEqual([]);
    expect(await walk({ include: [] })).toEqual([]);
    await expect(walk({ include: [ABSENT] })).rejects.toMatchObject({ code: 'OBJECT_MISSING' });
  });

  test('a walk with clocks that went backwards still shows children first', async () => {
    await using repo = await testRepository(implementation);
    const tree = await repo.history.writeTree([]);
    const at = (timestamp: number) => ({ name: 'A', email: 'a@b', timestamp, timezoneOffset: 0 });
    const make = (timestamp: number, parents: CommitId[]) =>
      repo.history.writeCommit({
        tree,
        parents,
        message: `${timestamp}\n`,
        author: at(timestamp),
        committer: at(timestamp),
      });
    const root = await make(5000, []);
    const old = await make(100, [root]);
    const side = await make(9000, [root]);
    const tip = await make(200, [old, side]);
    const expected = repo.git('rev-list', '--date-order', tip).split('\n');
    expect((await collect(repo.history.walk({ include: [tip] }))).map(({ id }) => id)).toEqual(expected);
    const ranged = repo.git('rev-list', '--date-order', tip, `^${side}`).split('\n');
    expect(
      (await collect(repo.history.walk({ include: [tip], exclude: [side] }))).map(({ id }) => id),
    ).toEqual(ranged);
    expect(await repo.history.mergeBases(old, side)).toEqual([root]);
  });
}

async function diamond(
  repo: TestRepository,
): Promise<Record<'root' | 'first' | 'second' | 'merge' | 'third', CommitId>> {
  const root = await repo.commit('root');
  const first = await repo.commit('first', [root]);
  const second = await repo.commit('second', [root]);
  const merge = await repo.commit('merge', [first, second]);
  const third = await repo.commit('third', [merge]);
  for (const target of [root, first, merge, third])
    await repo.history.updateRefs([{ ref: 'refs/heads/main', target }], 'step');
  return { root, first, second, merge, third };
}

function gitAnswer(repo: TestRepository, revision: string): string {
  try {
    const id = repo.git('rev-parse', '--verify', '--quiet', '--end-of-options', revision);
    return /^[0-9a-f]{40}$/.test(id) ? id : 'REVISION_UNKNOWN';
  } catch {
    return 'REVISION_UNKNOWN';
  }
}

async function answer(resolving: Promise<ObjectId>): Promise<string> {
  try {
    return await resolving;
  } catch (error) {
    return (error as { code: string }).code;
  }
}
