import { isMgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId } from '../../base/ids.ts';
import type { Head } from '../../store/history/history.ts';
import { workTreeAttributes } from '../../store/worktree/attribute-sources.ts';
import { compareFile, type FileState } from '../../store/worktree/compare.ts';
import { applyIndexEdit, parentsOf } from '../../store/worktree/index-edit.ts';
import type { IndexEntry } from '../../store/worktree/index-file.ts';
import { changeIndex, type IndexState, readIndexState } from '../../store/worktree/index-session.ts';
import { comparePaths, listUntracked } from '../../store/worktree/untracked.ts';
import type { WorkTree } from '../../store/worktree/work-tree.ts';
import { openManifestBlob } from '../history/manifests-at.ts';
import { changeKind, type FileChange, filesOf, treeChange } from '../history/tree-changes.ts';
import type { FileConflict } from '../merge/file-conflict.ts';
import { gitMergeHeads, readMergeState } from '../merge/merge-state.ts';
import type { WaitingReplay } from '../replay/replay-sequence.ts';
import { readWaitingReplay } from '../replay/replay-state.ts';
import type { ReplayOperation } from '../replay/replay-step.ts';
import type { Repository } from '../repository.ts';
import { modelChange } from './model-change.ts';
import { readTracking, type Tracking } from './tracking.ts';
import { unfilteredModels } from './unfiltered.ts';
import { workTreeOf } from './work-tree.ts';

/** A path with an unresolved conflict: which of base (1), ours (2) and theirs (3) there are. */
export interface ConflictedFile {
  readonly path: string;
  readonly stages: readonly number[];
  /** What mgit recorded of it, with the possible resolutions; absent for what plain Git began. */
  readonly recorded?: FileConflict;
}

/** The commit that a cherry-pick, revert or rebase waits with. */
export interface WaitingStep {
  readonly operation: ReplayOperation;
  readonly commit: CommitId;
  /** Commits that follow it. */
  readonly remaining: number;
}

/** Everything that `mgit status` tells. */
export interface Status {
  readonly head: Head;
  readonly staged: readonly FileChange[];
  readonly unstaged: readonly FileChange[];
  readonly untracked: readonly string[];
  readonly conflicts: readonly ConflictedFile[];
  /** The revisions that a waiting merge brings in, as the user called them; empty without one. */
  readonly merging: readonly string[];
  /** Tracked models whose bytes Git itself holds: they were committed without mgit's filter. */
  readonly unfiltered: readonly string[];
  /** Plain Git has begun a merge that is not concluded. */
  readonly mergingByGit: boolean;
  /** The cherry-pick, revert or rebase that waits. */
  readonly replaying: WaitingStep | undefined;
  /** How the branch stands to the one that it follows, as last fetched. */
  readonly upstream: Tracking | undefined;
}

/** Compares HEAD, index and work tree. Reads no content of files whose metadata tells that they are unchanged. */
export async function readStatus(
  repository: Repository,
  options: LongOperation & { readonly allUntracked?: boolean } = {},
): Promise<Status> {
  const workTree = await workTreeOf(repository);
  const index = await readIndexState(workTree);
  const head = await repository.history.head();
  const merge = await readMergeState(repository);
  const replay = await readWaitingReplay(repository);
  return {
    head,
    upstream: await readTracking(repository.history, head),
    merging: merge?.revisions.map(({ revision }) => revision) ?? [],
    mergingByGit: merge === undefined && (await gitMergeHeads(repository)).length > 0,
    replaying: replay && waitingStep(replay),
    staged: await stagedChanges(repository, index, head.commit),
    unstaged: await unstagedChanges(repository, index, options),
    untracked: await untrackedPaths(workTree, index, options.allUntracked !== true),
    conflicts: conflictsOf(index, merge?.conflicts ?? replay?.conflicts ?? []),
    unfiltered: await unfilteredModels(repository, index),
  };
}

function waitingStep({ sequence: { operation, tip, todo } }: WaitingReplay): WaitingStep {
  return { operation, commit: todo[0] ?? tip, remaining: Math.max(0, todo.length - 1) };
}

/** What the index holds that `commit` (undefined: nothing) does not. */
export async function stagedChanges(
  repository: Repository,
  index: IndexState,
  commit: CommitId | undefined,
): Promise<FileChange[]> {
  const before = new Map((await filesOf(repository, commit)).map(file => [file.path, file]));
  const unmerged = new Set(index.unmerged.map(entry => entry.path));
  const paths = new Set([...before.keys(), ...index.tracked.keys()]);
  const changes: FileChange[] = [];
  for (const path of [...paths].sort(comparePaths)) {
    const entry = index.tracked.get(path);
    if (unmerged.has(path)) continue;
    const after = entry?.intentToAdd ? undefined : entry;
    const change = await treeChange(repository, { path, before: before.get(path), after });
    if (change !== undefined) changes.push(change);
  }
  return changes;
}

/** What the work tree holds that the index does not. Where the look at a file's content found it unchanged, the index learns that. */
export async function unstagedChanges(
  repository: Repository,
  index: IndexState,
  options: LongOperation,
): Promise<FileChange[]> {
  const workTree = await workTreeOf(repository);
  const attributes = workTreeAttributes(workTree, path => index.tracked.get(path)?.id);
  const changes: FileChange[] = [];
  const refreshed: IndexEntry[] = [];
  for (const entry of index.tracked.values()) {
    options.signal?.throwIfAborted();
    const state = await compareFile(workTree, entry, { index, attributes, long: options });
    if (state.kind === 'same') refreshed.push(...(state.refreshed ? [state.refreshed] : []));
    else changes.push(await unstagedChange(repository, entry, state));
  }
  await refresh(workTree, refreshed);
  return changes;
}

async function unstagedChange(
  repository: Repository,
  entry: IndexEntry,
  state: Exclude<FileState, { kind: 'same' }>,
): Promise<FileChange> {
  const { path } = entry;
  if (state.kind === 'missing') return { path, kind: 'deleted' };
  const now = state.content;
  const kind = entry.intentToAdd ? 'added' : changeKind(entry.mode, now?.mode ?? 0o100644);
  if (now?.manifest === undefined) return { path, kind };
  return { path, kind, model: modelChange(await openManifestBlob(repository, entry), now.manifest) };
}

/** A courtesy to the next look, as in Git: skipped when another program holds the index. */
async function refresh(workTree: WorkTree, entries: readonly IndexEntry[]): Promise<void> {
  if (entries.length === 0) return;
  try {
    const found = new Map(entries.map(entry => [entry.path, entry]));
    await changeIndex(workTree, now =>
      applyIndexEdit(now, {
        set: now.flatMap(entry => {
          const fresh = found.get(entry.path);
          return fresh?.id === entry.id && entry.stage === 0 ? [fresh] : [];
        }),
        remove: [],
      }),
    );
  } catch (error) {
    if (!isMgitError(error, 'INDEX_LOCKED')) throw error;
  }
}

/** The untracked paths; with `collapse`, folders that hold nothing else once. */
export function untrackedPaths(workTree: WorkTree, index: IndexState, collapse: boolean): Promise<string[]> {
  const tracked = new Set(index.entries.map(entry => entry.path));
  const folders = new Set(index.entries.flatMap(entry => parentsOf(entry.path)));
  return listUntracked(workTree, {
    isTracked: path => tracked.has(path),
    holdsTracked: folder => folders.has(folder) || tracked.has(folder),
    collapse,
  });
}

function conflictsOf(index: IndexState, recorded: readonly FileConflict[]): ConflictedFile[] {
  const stages = new Map<string, number[]>();
  for (const entry of index.unmerged)
    stages.set(entry.path, [...(stages.get(entry.path) ?? []), entry.stage]);
  return [...stages].map(([path, found]) => {
    const conflict = recorded.find(item => item.path === path);
    return { path, stages: found, ...(conflict ? { recorded: conflict } : {}) };
  });
}
