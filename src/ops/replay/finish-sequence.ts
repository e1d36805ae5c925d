import type { CommitId } from '../../base/ids.ts';
import { writeGitFiles } from '../git-file.ts';
import { recordFinished } from '../history/operations.ts';
import type { ModelReport } from '../merge/models.ts';
import type { Repository } from '../repository.ts';
import { checkoutTree } from '../worktree/checkout.ts';
import type { ReplaySequence } from './replay-sequence.ts';
import { clearWaitingReplay, readWaitingReplay } from './replay-state.ts';
import type { ReplayOutcome, RunOptions } from './run-sequence.ts';

/**
 * Leads index and work tree to what a sequence made, then moves its target, by compare-and-swap, all in one; files go back when the target has
 * moved meanwhile. Errors: `LOCAL_CHANGES`, `REF_CONFLICT`, `EXTENT_MISSING`.
 */
export async function finishSequence(
  repository: Repository,
  sequence: ReplaySequence,
  { filesAt, headAt, models, ...long }: RunOptions & { readonly models: readonly ModelReport[] },
): Promise<ReplayOutcome> {
  const { history } = repository;
  const { operation, target, tip, origin, done, dropped } = sequence;
  const to = (await history.readCommit(tip)).tree;
  await checkoutTree(repository, { ...long, from: filesAt, to });
  try {
    await moveTarget(repository, sequence, headAt);
  } catch (error) {
    await checkoutTree(repository, { ...long, from: to, to: filesAt });
    throw error;
  }
  // A rebase may also find what a crash left of an earlier one.
  if (operation === 'rebase' || (await readWaitingReplay(repository)))
    await clearWaitingReplay(repository, operation);
  await recordFinished(repository, { command: commandOf(sequence), began: sequence.began, target, origin });
  await runHooks(repository, sequence);
  return { kind: 'done', operation, target, previous: origin, commit: tip, commits: done, dropped, models };
}

async function moveTarget(repository: Repository, sequence: ReplaySequence, headAt: CommitId): Promise<void> {
  const { history } = repository;
  const { operation, target, origin, onto, tip } = sequence;
  if (operation !== 'rebase') return movePicked(repository, sequence, headAt);
  await writeGitFiles(repository, { ORIG_HEAD: `${origin}\n` });
  const reason = `rebase (finish): ${target} onto ${onto}`;
  if (target === 'HEAD') return history.setHead({ commit: tip }, reason);
  if (tip !== origin) await history.updateRefs([{ ref: target, target: tip, expected: origin }], reason);
  const head = await history.head();
  if (head.kind === 'branch' && head.ref === target) return;
  await history.setHead({ branch: target }, `rebase (finish): returning to ${target}`);
}

/** Moves the target of a cherry-pick or revert to what is made so far. */
export async function movePicked(
  { history }: Repository,
  sequence: ReplaySequence,
  headAt: CommitId,
): Promise<void> {
  const { target, tip } = sequence;
  if (tip === headAt) return;
  await history.updateRefs([{ ref: target, target: tip, expected: headAt }], reasonOf(sequence));
}

/** What Git writes into the reflog for the last of the commits. */
function reasonOf({ operation, done }: ReplaySequence): string {
  const subject = done.at(-1)?.subject ?? '';
  return operation === 'revert' ? `revert: Revert "${subject}"` : `${operation}: ${subject}`;
}

function commandOf({ operation, done, ontoName }: ReplaySequence): string {
  if (operation === 'rebase') return `rebase ${ontoName}`;
  const [first] = done;
  return `${operation} ${done.length === 1 ? first?.subject : `(${done.length} commits)`}`;
}

async function runHooks({ history }: Repository, { operation, done }: ReplaySequence): Promise<void> {
  if (done.length === 0) return;
  if (operation !== 'rebase') return void (await history.runHook('post-commit', []));
  const rewritten = done.filter(({ from, commit }) => from !== commit);
  const lines = rewritten.map(({ from, commit }) => `${from} ${commit}\n`).join('');
  if (rewritten.length > 0) await history.runHook('post-rewrite', ['rebase'], lines);
}
