import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId, ObjectId } from '../../base/ids.ts';
import type { GateRun, RunGatesOptions } from '../gate/gate-run.ts';
import { recordOperation } from '../history/operations.ts';
import type { Repository } from '../repository.ts';
import { checkoutTree } from '../worktree/checkout.ts';
import { candidateRef, candidatesOf } from './candidate.ts';
import type { MergeTarget } from './situation.ts';

/** Runs the gates of a protected branch on a candidate. */
export type RunGates = (repository: Repository, options: RunGatesOptions) => Promise<GateRun>;

/** A candidate on its way to its branch. */
export interface LandRequest extends LongOperation {
  readonly target: MergeTarget;
  readonly candidate: CommitId;
  /** The tree that index and work tree hold now: the tip's, unless conflicts were resolved in them. */
  readonly filesAt: ObjectId;
  /** Default: the gates of `mgit.yaml`. */
  readonly runGates?: RunGates;
  readonly gate?: boolean;
  readonly allowPolicyChange?: boolean;
  /** For the log of operations and the reflogs. */
  readonly reason: string;
}

/** How a candidate fared: on the branch, or held back by its gates. */
export type Landing =
  | { readonly kind: 'landed'; readonly commit: CommitId; readonly gates: GateRun | undefined }
  | { readonly kind: 'held'; readonly gates: GateRun };

/** Refuses to pass by the gates of a protected branch. Errors: `BRANCH_PROTECTED`. */
export function refuseUngated(target: MergeTarget, gate: boolean): void {
  if (target.protection === undefined || gate) return;
  const name = target.ref.replace(/^refs\/heads\//, '');
  throw new MgitError('BRANCH_PROTECTED', `${name} is protected: nothing lands on it without its gates`, {
    hint: `merge without --no-gate, or into a branch of your own`,
  });
}

/**
 * Gates a candidate where its target is protected, and advances the branch to exactly it (or to its healed child), by
 * compare-and-swap; index and work tree follow. Otherwise the branch stays, and the candidate keeps its ref. Errors:
 * `BRANCH_PROTECTED`, `REF_CONFLICT` (the branch moved meanwhile), `LOCAL_CHANGES`, those of the gates.
 */
export async function landCandidate(repository: Repository, request: LandRequest): Promise<Landing> {
  const { target, candidate } = request;
  refuseUngated(target, request.gate !== false);
  const gates = target.protection && (await gated(repository, request));
  if (gates && (gates.verdict !== 'pass' || !gates.complete)) return { kind: 'held', gates };
  if (gates && gates.tip !== target.tip)
    throw new MgitError('REF_CONFLICT', `${target.ref} moved while its candidate was gated`, {
      hint: 'merge again',
    });
  const commit = gates?.candidate ?? candidate;
  await recordOperation(repository, { command: request.reason, files: 'moved' }, recorded =>
    advance(recorded, request, commit),
  );
  if (target.checkedOut) await repository.history.runHook('post-merge', ['0']);
  return { kind: 'landed', commit, gates };
}

/** Gates bring the whole of training and evaluation along, so they are loaded only where a branch is protected. */
async function gated(repository: Repository, request: LandRequest): Promise<GateRun> {
  const runGates = request.runGates ?? (await import('../gate/run-gates.ts')).runGates;
  return runGates(repository, {
    candidate: request.candidate,
    targetRef: request.target.ref,
    allowPolicyChange: request.allowPolicyChange === true,
    ...(request.onEvent ? { onEvent: request.onEvent } : {}),
    ...(request.signal ? { signal: request.signal } : {}),
  });
}

/** Files first: what cannot be checked out must not land. They go back when the branch has moved. */
async function advance(repository: Repository, request: LandRequest, commit: CommitId): Promise<void> {
  const { target, filesAt } = request;
  const { tree } = await repository.history.readCommit(commit);
  if (target.checkedOut) await checkoutTree(repository, { ...request, from: filesAt, to: tree });
  try {
    await moveBranch(repository, request, commit);
  } catch (error) {
    if (target.checkedOut) await checkoutTree(repository, { ...request, from: tree, to: filesAt });
    throw error;
  }
}

/** Other candidates of the same merge can no longer land. */
async function moveBranch(repository: Repository, request: LandRequest, commit: CommitId): Promise<void> {
  const { history } = repository;
  const { ref, tip } = request.target;
  const { parents } = await history.readCommit(request.candidate);
  const earlier = (await candidatesOf(repository, parents)).map(({ id }) => id);
  const candidates = new Set([request.candidate, commit, ...earlier].map(candidateRef));
  const done = [];
  for (const candidate of candidates)
    if (await history.readRef(candidate)) done.push({ ref: candidate, target: null });
  await history.updateRefs([{ ref, target: commit, expected: tip }, ...done], request.reason);
}
