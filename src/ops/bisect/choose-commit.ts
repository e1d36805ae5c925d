import type { CommitId } from '../../base/ids.ts';
import type { Commit } from '../../store/history/history.ts';

/** Commits that may be the first bad one. */
export interface Suspects {
  /** All ancestors of the bad commit that are none of a good one, parents after children. */
  readonly commits: readonly Commit[];
  /** Those that count: a commit that touches none of the paths cannot be the one. */
  readonly counts: ReadonlySet<CommitId>;
  readonly skipped: ReadonlySet<CommitId>;
  readonly firstParent: boolean;
}

/** The commit to test, and how many suspects it has among itself and its ancestors. */
export interface Choice {
  readonly commit: Commit;
  readonly reaches: number;
}

/**
 * The suspect that halves the others best: of it and its ancestors, against the rest. Skipped ones are passed over. Undefined when none is
 * left to test.
 */
export function chooseCommit(suspects: Suspects, bad: CommitId): Choice | undefined {
  const weights = weightsOf(suspects);
  const all = suspects.counts.size;
  let best: { readonly choice: Choice; readonly value: number } | undefined;
  for (const commit of suspects.commits) {
    if (commit.id === bad || !suspects.counts.has(commit.id) || suspects.skipped.has(commit.id)) continue;
    const reaches = weights.get(commit.id) ?? 0;
    const value = Math.min(reaches, all - reaches);
    if (value > (best?.value ?? -1)) best = { choice: { commit, reaches }, value };
  }
  return best?.choice;
}

/** How often the rest must be halved, about. Source: `estimate_bisect_steps` in Git's bisect.c. */
export function estimateSteps(all: number): number {
  if (all < 3) return 0;
  const steps = Math.floor(Math.log2(all));
  const whole = 2 ** steps;
  return whole < 3 * (all - whole) ? steps : steps - 1;
}

/** Along a line each commit counts one more than its parent; only merges need a walk of their own. */
function weightsOf({ commits, counts, firstParent }: Suspects): ReadonlyMap<CommitId, number> {
  const known = new Map(commits.map(commit => [commit.id, commit]));
  const parentsOf = (commit: Commit): readonly CommitId[] =>
    (firstParent ? commit.parents.slice(0, 1) : commit.parents).filter(id => known.has(id));
  const weights = new Map<CommitId, number>();
  for (const commit of commits.toReversed()) {
    const [only, ...others] = parentsOf(commit);
    const below = only === undefined ? 0 : others.length === 0 ? weights.get(only) : undefined;
    const own = counts.has(commit.id) ? 1 : 0;
    weights.set(commit.id, below === undefined ? countReached(commit) : below + own);
  }
  return weights;

  function countReached(from: Commit): number {
    const seen = new Set<CommitId>();
    const waiting = [from.id];
    let count = 0;
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      const commit = known.get(id);
      if (seen.has(id) || commit === undefined) continue;
      seen.add(id);
      if (counts.has(id)) count++;
      waiting.push(...parentsOf(commit));
    }
    return count;
  }
}
