import { MgitError } from '../../base/errors.ts';
import type { CommitId } from '../../base/ids.ts';
import type { History } from '../../store/history/history.ts';
import { mergeBasesOf } from '../history/merge-bases.ts';

/** What a candidate is compared with. */
export interface GateLineage {
  readonly base: CommitId;
  /** The target's tip first. */
  readonly parents: readonly CommitId[];
}

/**
 * Base and parents of a candidate that was built on `tip`. A merge's parents are its own, the tip first, and the base is their
 * merge base, the latest of several. A candidate with one parent continues the tip, however many commits lie between: both are the tip.
 * `healedFrom` is the merge that a healed candidate is the child of. Errors: `GATE_CANDIDATE_STALE`.
 */
export async function gateLineage(
  history: History,
  candidate: CommitId,
  options: { readonly tip: CommitId; readonly healedFrom: CommitId | null },
): Promise<GateLineage> {
  const { tip, healedFrom } = options;
  if (candidate === tip || !(await history.isAncestor(tip, candidate)))
    throw new MgitError(
      'GATE_CANDIDATE_STALE',
      `${candidate.slice(0, 10)} is not built on the target's tip ${tip.slice(0, 10)}`,
      {
        hint: 'merge the target first, then gate what comes out',
      },
    );
  const merged = healedFrom === null ? candidate : await healedParent(history, candidate, healedFrom);
  const { parents } = await history.readCommit(merged);
  if (parents.length < 2) return { base: tip, parents: [tip] };
  const others = parents.filter(parent => parent !== tip);
  return { base: await commonBase(history, [tip, ...others]), parents: [tip, ...others] };
}

async function healedParent(history: History, candidate: CommitId, healedFrom: CommitId): Promise<CommitId> {
  const { parents } = await history.readCommit(candidate);
  if (parents.length === 1 && parents[0] === healedFrom) return healedFrom;
  throw new MgitError(
    'GATE_CANDIDATE_STALE',
    `${candidate.slice(0, 10)} is not the healed child of ${healedFrom.slice(0, 10)}`,
  );
}

async function commonBase(history: History, parents: readonly CommitId[]): Promise<CommitId> {
  let base = parents[0] as CommitId;
  for (const parent of parents.slice(1)) base = (await mergeBasesOf(history, [base], parent))[0] ?? base;
  return base;
}
