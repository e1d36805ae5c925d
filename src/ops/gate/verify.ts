import { isMgitError, MgitError } from '../../base/errors.ts';
import type { CommitId } from '../../base/ids.ts';
import type { History } from '../../store/history/history.ts';
import { targetPolicy } from './policy.ts';
import { claimedReport } from './reports.ts';
import {
  reportsOn,
  type Search,
  short,
  type VerifiedStep,
  type VerifyOptions,
  verifyStep,
} from './verify-step.ts';

/**
 * Verifies that a branch may move from `from` to `to`: a chain of reports must lead from `to` back to `from`, each signed by a key that
 * the tip it was gated on trusts, saying pass for every gate that this tip requires, and bound to exactly that candidate. Reads the
 * repository only. Returns the steps, newest first; none when the branch is not protected at `from`. Errors: `GATE_VERIFY_FAILED`.
 */
export async function verifyRange(
  history: History,
  range: { readonly from: CommitId; readonly to: CommitId },
  options: VerifyOptions,
): Promise<readonly VerifiedStep[]> {
  if (range.from === range.to) return [];
  if (!(await targetPolicy(history, options.ref, range.from))) return [];
  const search = await newSearch(history, options);
  const steps = await chain(search, range, new Set());
  if (steps) return steps;
  throw failed(range.to, options.ref, search.problems);
}

/** Verifies one commit against a tip that it was gated on: any ancestor of it that the reports name. Errors: `GATE_VERIFY_FAILED`. */
export async function verifyCandidate(
  history: History,
  candidate: CommitId,
  options: VerifyOptions,
): Promise<VerifiedStep> {
  const search = await newSearch(history, options);
  for (const tip of await claimedTips(search, candidate)) {
    const step = await verifyStep(search, candidate, tip);
    if (step) return step;
  }
  throw failed(candidate, options.ref, search.problems);
}

/**
 * Verifies one commit for a branch as it stands: a commit that waits must have been gated on the branch's tip, one that has landed on a
 * commit before it. Undefined when the branch is not protected at its tip. Errors: `GATE_VERIFY_FAILED`, `GATE_TARGET_MISSING`.
 */
export async function verifyForBranch(
  history: History,
  candidate: CommitId,
  options: VerifyOptions,
): Promise<VerifiedStep | undefined> {
  const tip = await history.readRef(options.ref);
  if (!tip)
    throw new MgitError(
      'GATE_TARGET_MISSING',
      `there is no branch ${options.ref.replace(/^refs\/heads\//, '')}`,
      {
        hint: 'name the protected branch with --onto',
      },
    );
  if (!(await targetPolicy(history, options.ref, tip as CommitId))) return undefined;
  const step = await verifyCandidate(history, candidate, options);
  if (step.tip === tip || (await history.isAncestor(candidate, tip as CommitId))) return step;
  throw failed(candidate, options.ref, [
    `it was gated on ${short(step.tip)}, but the tip is ${short(tip as CommitId)}`,
  ]);
}

async function newSearch(history: History, options: VerifyOptions): Promise<Search> {
  const problems: string[] = [];
  if (!options.keysFrom) return { history, options, pinnedKeys: undefined, problems };
  const pinned = await targetPolicy(history, options.ref, options.keysFrom);
  return { history, options, pinnedKeys: new Set(pinned?.keys.map(({ keyId }) => keyId)), problems };
}

async function chain(
  search: Search,
  { from, to }: { readonly from: CommitId; readonly to: CommitId },
  visited: Set<CommitId>,
): Promise<readonly VerifiedStep[] | undefined> {
  if (visited.has(to)) return undefined;
  visited.add(to);
  for (const tip of await claimedTips(search, to)) {
    if (tip !== from && !(await search.history.isAncestor(from, tip))) {
      search.problems.push(
        `a report on ${short(to)} was made on ${short(tip)}, which does not follow ${short(from)}`,
      );
      continue;
    }
    const step = await verifyStep(search, to, tip);
    if (!step) continue;
    if (tip === from) return [step];
    const before = await chain(search, { from, to: tip }, visited);
    if (before) return [step, ...before];
  }
  return undefined;
}

/** The tips that reports on a candidate name. Unverified: each is only a place to begin. */
async function claimedTips(search: Search, candidate: CommitId): Promise<readonly CommitId[]> {
  const reports = await reportsOn(search, candidate);
  if (reports.length === 0) search.problems.push(`there is no report on ${short(candidate)}`);
  const tips = new Set<CommitId>();
  for (const stored of reports) {
    const target = claimedReport(stored)?.bindings.target;
    if (!target) search.problems.push(`${stored.path} cannot be read`);
    else if (target.ref !== search.options.ref) search.problems.push(`${stored.path} is about ${target.ref}`);
    else if (await isTip(search.history, target.tip, candidate)) tips.add(target.tip);
    else search.problems.push(`${stored.path} names a tip that ${short(candidate)} is not built on`);
  }
  return [...tips];
}

async function isTip(history: History, tip: CommitId, candidate: CommitId): Promise<boolean> {
  return tip !== candidate && (await isCommit(history, tip)) && history.isAncestor(tip, candidate);
}

async function isCommit(history: History, id: CommitId): Promise<boolean> {
  try {
    await history.readCommit(id);
    return true;
  } catch (error) {
    if (isMgitError(error, 'OBJECT_MISSING', 'OBJECT_TYPE_MISMATCH', 'OBJECT_CORRUPT')) return false;
    throw error;
  }
}

function failed(candidate: CommitId, ref: string, problems: readonly string[]): MgitError {
  const unique = [...new Set(problems)];
  return new MgitError(
    'GATE_VERIFY_FAILED',
    `${short(candidate)} may not become the tip of ${ref.replace(/^refs\/heads\//, '')}:\n  ${unique.join('\n  ')}`,
    {
      hint: 'gate the candidate on the current tip with a key that this tip trusts, and push the reports with it',
      details: { problems: unique },
    },
  );
}
