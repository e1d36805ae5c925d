import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import { type CommitId, type ObjectId, parseCommitId } from '../../base/ids.ts';
import type { Commit, Head } from '../../store/history/history.ts';
import { type IndexState, readIndexState } from '../../store/worktree/index-session.ts';
import { refuseProtectedCommit } from '../gate/protection.ts';
import { readGitFile, removeGitFiles } from '../git-file.ts';
import { refuseUnconcluded, refuseWaiting } from '../in-progress.ts';
import { gitMergeHeads } from '../merge/merge-state.ts';
import { PROJECT_FILE } from '../project/project-file.ts';
import type { Repository } from '../repository.ts';
import { addPaths } from '../worktree/add.ts';
import { workTreeOf } from '../worktree/work-tree.ts';
import { finishMessage, requireHook } from './commit-message.ts';
import { type OperationKind, recordOperation } from './operations.ts';
import { brokenShards } from './shard-consistency.ts';
import { type FileChange, treeChanges } from './tree-changes.ts';

/** What `mgit commit` commits: the index. */
export interface CommitOptions extends LongOperation {
  readonly cwd: string;
  /** Undefined: that of the amended commit or of the merge in progress, where there is one. */
  readonly message: string | undefined;
  /** Asks for the message; its text may hold comment lines. */
  readonly edit?: (draft: string) => Promise<string>;
  /** Stage changes of tracked files first (`-a`). */
  readonly all?: boolean;
  readonly amend?: boolean;
  readonly allowEmpty?: boolean;
  /** False skips `pre-commit` and `commit-msg`. */
  readonly verify?: boolean;
  readonly sign?: boolean;
  /** `moved`: the command made the files that it commits, and `undo` takes them back as well. Default `kept`. */
  readonly files?: OperationKind['files'];
}

/** The commit that was made. */
export interface CommitResult {
  readonly commit: Commit;
  /** Full ref name; undefined on a detached HEAD. */
  readonly branch: string | undefined;
  readonly changes: readonly FileChange[];
}

/**
 * Commits the index. Everything the commit refers to is durable before the branch moves, by compare-and-swap.
 * Errors: `BRANCH_PROTECTED`, `PROJECT_FILE_INVALID`, `CONFLICTS_UNRESOLVED`, `NOTHING_TO_COMMIT`, `MESSAGE_EMPTY`, `HOOK_FAILED`, `REF_CONFLICT`.
 */
export async function commitIndex(repository: Repository, options: CommitOptions): Promise<CommitResult> {
  const { history } = repository;
  await (options.amend ? refuseUnconcluded(repository) : refuseWaiting(repository));
  const head = await history.head();
  const amended = options.amend ? await amendedCommit(repository, head) : undefined;
  if (options.all) await addPaths(repository, { ...options, paths: [], update: true });
  const { tracked } = await readIndexState(await workTreeOf(repository));
  await refuseProtectedCommit(repository, head, tracked.get(PROJECT_FILE)?.id);
  if (options.verify !== false) await requireHook(repository, 'pre-commit');
  const draft = await draftOf(repository, { head, amended, options });
  const message = await messageOf(repository, draft, options);
  const result = await recordOperation(
    repository,
    {
      command: `commit${options.amend ? ' --amend' : ''}: ${subjectOf(message)}`,
      files: options.files ?? 'kept',
    },
    recorded => writeAndMove(recorded, draft, { message, head, options }),
  );
  await history.runHook('post-commit', []);
  await warnOfShards(repository, result.commit, options);
  return result;
}

/** Shards may be committed one by one, so this refuses nothing; whoever uses the model is refused. */
async function warnOfShards(
  repository: Repository,
  { tree, parents }: Commit,
  { onEvent }: CommitOptions,
): Promise<void> {
  for (const { code, message, hint } of await brokenShards(repository, tree, parents))
    onEvent?.({ type: 'warning', code, message, ...(hint ? { hint } : {}) });
}

interface Draft {
  readonly tree: ObjectId;
  readonly parents: readonly CommitId[];
  readonly amended: Commit | undefined;
  readonly merging: readonly CommitId[];
  /** What a cherry-pick of plain Git waits for: its author stays. */
  readonly picked: Commit | undefined;
}

async function draftOf(
  repository: Repository,
  request: { readonly head: Head; readonly amended: Commit | undefined; readonly options: CommitOptions },
): Promise<Draft> {
  const { head, amended, options } = request;
  const index = await readIndexState(await workTreeOf(repository));
  refuseUnmerged(index);
  const files = [...index.tracked.values()].filter(entry => !entry.intentToAdd);
  const tree = await repository.history.writeTree(files);
  const merging = await gitMergeHeads(repository);
  const own = amended?.parents ?? (head.commit === undefined ? [] : [head.commit]);
  const picked = amended ? undefined : await pickedCommit(repository);
  const draft = { tree, parents: [...own, ...merging], amended, merging, picked };
  if (!options.allowEmpty && amended === undefined && merging.length === 0)
    await refuseEmpty(repository, head, { tree, index });
  return draft;
}

async function writeAndMove(
  repository: Repository,
  draft: Draft,
  request: { readonly message: string; readonly head: Head; readonly options: CommitOptions },
): Promise<CommitResult> {
  const { history } = repository;
  const { message, head, options } = request;
  const original = draft.amended ?? draft.picked;
  const id = await history.writeCommit({
    tree: draft.tree,
    parents: draft.parents,
    message,
    ...(original ? { author: original.author } : {}),
    ...(options.sign === undefined ? {} : { sign: options.sign }),
  });
  const ref = head.kind === 'branch' ? head.ref : 'HEAD';
  const update = { ref, target: id, expected: head.commit ?? null };
  await history.updateRefs([update], `${reasonOf(draft, head)}: ${subjectOf(message)}`);
  await removeGitFiles(repository, BEGUN);
  const before = draft.parents[0];
  return {
    commit: await history.readCommit(id),
    branch: head.kind === 'branch' ? head.ref : undefined,
    changes: await treeChanges(repository, before, id),
  };
}

function reasonOf(draft: Draft, head: Head): string {
  if (draft.amended !== undefined) return 'commit (amend)';
  if (draft.merging.length > 0) return 'commit (merge)';
  if (draft.picked !== undefined) return 'commit (cherry-pick)';
  return head.commit === undefined ? 'commit (initial)' : 'commit';
}

async function messageOf(repository: Repository, draft: Draft, options: CommitOptions): Promise<string> {
  const known = options.message ?? draft.amended?.message ?? (await readGitFile(repository, 'MERGE_MSG'));
  const asks = options.message === undefined && options.edit !== undefined;
  const text = asks ? await options.edit?.(known ?? '') : known;
  if (text === undefined)
    throw new MgitError('MESSAGE_EMPTY', 'there is no commit message', { hint: 'give one with -m' });
  const source = options.message !== undefined ? 'message' : draft.amended ? 'commit' : 'merge';
  const verify = options.verify !== false;
  const stripComments = asks || (options.message === undefined && draft.amended === undefined);
  return finishMessage(repository, text, { source, verify, stripComments });
}

async function pickedCommit(repository: Repository): Promise<Commit | undefined> {
  const id = (await readGitFile(repository, 'CHERRY_PICK_HEAD'))?.trim();
  return id === undefined ? undefined : repository.history.readCommit(parseCommitId(id));
}

async function amendedCommit(repository: Repository, head: Head): Promise<Commit> {
  if (head.commit !== undefined) return repository.history.readCommit(head.commit);
  throw new MgitError('NOTHING_TO_AMEND', 'there is no commit to amend yet', { hint: 'leave out --amend' });
}

function refuseUnmerged(index: IndexState): void {
  if (index.unmerged.length === 0) return;
  const paths = [...new Set(index.unmerged.map(entry => entry.path))];
  throw new MgitError('CONFLICTS_UNRESOLVED', `conflicts are not resolved yet: ${paths.join(', ')}`, {
    hint: 'resolve them, "mgit add" the files, then commit',
    details: { paths },
  });
}

async function refuseEmpty(
  repository: Repository,
  head: Head,
  state: { readonly tree: ObjectId; readonly index: IndexState },
): Promise<void> {
  const isSame =
    head.commit === undefined
      ? state.index.tracked.size === 0
      : (await repository.history.readCommit(head.commit)).tree === state.tree;
  if (!isSame) return;
  throw new MgitError('NOTHING_TO_COMMIT', 'nothing is staged to commit', {
    hint: 'stage files with "mgit add", or use -a for those that are tracked',
  });
}

/** What Git has begun, and this commit ends. */
const BEGUN = ['MERGE_HEAD', 'MERGE_MSG', 'MERGE_MODE', 'CHERRY_PICK_HEAD', 'REVERT_HEAD', 'SQUASH_MSG'];

/** The first line of a message. */
export function subjectOf(message: string): string {
  return message.split('\n', 1)[0] ?? '';
}
