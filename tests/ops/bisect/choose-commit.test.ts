import { expect, test } from 'vitest';
import type { CommitId } from '../../../src/base/ids.ts';
import { chooseCommit, estimateSteps } from '../../../src/ops/bisect/choose-commit.ts';
import type { Commit } from '../../../src/store/history/history.ts';

/** Commits by name with their parents' names, the youngest first. */
function graph(shape: Readonly<Record<string, string>>): Commit[] {
  return Object.entries(shape).map(
    ([id, parents]) => ({ id, parents: parents === '' ? [] : parents.split(' ') }) as unknown as Commit,
  );
}

function choice(commits: Commit[], options: { counts?: string[]; skipped?: string[] } = {}) {
  const ids = (names: readonly string[]): ReadonlySet<CommitId> => new Set(names as CommitId[]);
  const chosen = chooseCommit(
    {
      commits,
      counts: ids(options.counts ?? commits.map(({ id }) => id)),
      skipped: ids(options.skipped ?? []),
      firstParent: false,
    },
    commits[0]?.id as CommitId,
  );
  return chosen && [chosen.commit.id, chosen.reaches];
}

test('a line is halved', () => {
  const line = graph({ e: 'd', d: 'c', c: 'b', b: 'a', a: '' });
  expect(choice(line)).toEqual(['c', 3]);
  expect(choice(line, { skipped: ['c'] })).toEqual(['b', 2]);
  expect(choice(line, { counts: ['e', 'b', 'a'] })).toEqual(['b', 2]);
  expect(choice(line, { skipped: ['a', 'b', 'c', 'd'] })).toBeUndefined();
});

test('what two parents share counts once', () => {
  const diamond = graph({ f: 'e', e: 'c d', d: 'b', c: 'b', b: 'a', a: '' });
  expect(choice(diamond)).toEqual(['d', 3]);
  expect(choice(diamond, { skipped: ['d', 'c'] })).toEqual(['b', 2]);
});

test('the number of tests is about the logarithm', () => {
  expect([1, 2, 3, 4, 6, 8, 1000].map(estimateSteps)).toEqual([0, 0, 1, 1, 2, 2, 9]);
});
