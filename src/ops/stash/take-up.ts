import type { LongOperation } from '../../base/events.ts';
import type { TreeFile } from '../../store/history/history.ts';
import { workTreeAttributes } from '../../store/worktree/attribute-sources.ts';
import { compareFile, lstat, workTreeMode } from '../../store/worktree/compare.ts';
import { readContent } from '../../store/worktree/file-content.ts';
import type { IndexState } from '../../store/worktree/index-session.ts';
import { type IndexStat, matchesStat } from '../../store/worktree/index-stat.ts';
import { readManifestBlob } from '../history/manifests-at.ts';
import type { Repository } from '../repository.ts';
import { sameFile } from '../worktree/checkout-plan.ts';
import { workTreeOf } from '../worktree/work-tree.ts';

/** Files of the work tree, stored as a commit would hold them. */
export interface TakenFiles {
  readonly files: readonly TreeFile[];
  /** The metadata of those whose content was read: what tells later that they are still what was stored. */
  readonly seen: ReadonlyMap<string, IndexStat>;
}

/** Which files, and how the index stands. */
export interface TakeRequest extends LongOperation {
  readonly index: IndexState;
  readonly matches: (path: string) => boolean;
}

/** Stores what the tracked files hold; those that `matches` leaves out are taken as they are staged. Nothing is staged. */
export async function takeTracked(repository: Repository, request: TakeRequest): Promise<TakenFiles> {
  const workTree = await workTreeOf(repository);
  const { index } = request;
  const attributes = workTreeAttributes(workTree, path => index.tracked.get(path)?.id);
  const files: TreeFile[] = [];
  const seen = new Map<string, IndexStat>();
  for (const entry of index.tracked.values()) {
    request.signal?.throwIfAborted();
    const { path, id, mode } = entry;
    const state = request.matches(path)
      ? await compareFile(workTree, entry, { index, attributes, long: request })
      : ({ kind: 'same' } as const);
    if (state.kind === 'same' && !entry.intentToAdd) files.push({ path, id, mode });
    if (state.kind === 'same')
      seen.set(path, 'refreshed' in state && state.refreshed ? state.refreshed : entry);
    if (state.kind === 'modified') await takeInto({ files, seen }, repository, { ...request, path });
  }
  return { files, seen };
}

/** Stores untracked files. */
export async function takeUntracked(
  repository: Repository,
  paths: readonly string[],
  request: Omit<TakeRequest, 'matches'>,
): Promise<TakenFiles> {
  const taken = { files: [] as TreeFile[], seen: new Map<string, IndexStat>() };
  for (const path of paths) await takeInto(taken, repository, { ...request, path });
  return taken;
}

async function takeInto(
  taken: { readonly files: TreeFile[]; readonly seen: Map<string, IndexStat> },
  repository: Repository,
  request: Omit<TakeRequest, 'matches'> & { readonly path: string },
): Promise<void> {
  const { path, index } = request;
  const workTree = await workTreeOf(repository);
  const attributes = workTreeAttributes(workTree, other => index.tracked.get(other)?.id);
  const stat = await lstat(workTree, path);
  if (stat === undefined || stat.kind === 'directory') return;
  const known = index.tracked.get(path);
  const base = known === undefined ? undefined : await readManifestBlob(repository, known);
  const options = { ...longOf(request), ...(base ? { base } : {}) };
  const content = await readContent(workTree, path, { attributes, stat, action: { kind: 'store', options } });
  taken.files.push({ path, id: content.id, mode: workTreeMode(workTree, stat, known?.mode) });
  taken.seen.set(path, content.stat);
}

function longOf({ onEvent, signal }: LongOperation): LongOperation {
  return { ...(onEvent ? { onEvent } : {}), ...(signal ? { signal } : {}) };
}

/** Of these paths, those whose files are not what was seen any more. */
export async function changedSince(
  repository: Repository,
  paths: readonly string[],
  seen: TakenFiles['seen'],
): Promise<string[]> {
  const workTree = await workTreeOf(repository);
  const changed: string[] = [];
  for (const path of paths) {
    const [now, then] = [await lstat(workTree, path), seen.get(path)];
    const isThere = now !== undefined && now.kind !== 'directory';
    if (isThere && !(then && matchesStat(then, now, workTree.settings.stat))) changed.push(path);
  }
  return changed;
}

/** The paths at which two sets of files differ, in the order of the first, then of the second. */
export function differingPaths(
  left: ReadonlyMap<string, Pick<TreeFile, 'id' | 'mode'>>,
  right: ReadonlyMap<string, Pick<TreeFile, 'id' | 'mode'>>,
): string[] {
  const paths = new Set([...left.keys(), ...right.keys()]);
  return [...paths].filter(path => !sameFile(left.get(path), right.get(path)));
}
