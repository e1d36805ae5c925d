import type { LongOperation } from '../../base/events.ts';
import type { CommitId, ObjectId } from '../../base/ids.ts';
import type { History } from '../../store/history/history.ts';
import { isFolder, isRegularFile } from '../../store/history/objects/tree-object.ts';
import type { Selection } from './selection.ts';

/** A content that a selected path once had, and the first commit and path that have it. */
export interface FileVersion {
  readonly id: ObjectId;
  readonly path: string;
  readonly commit: CommitId;
}

/** What a history holds. */
export interface Survey {
  /** Parents before children. */
  readonly commits: readonly CommitId[];
  /** Every path that was ever a file. */
  readonly paths: ReadonlySet<string>;
  /** The contents of selected paths, each once, oldest first. */
  readonly versions: readonly FileVersion[];
}

/** Looks through the history of these tips. Every tree is read once, file contents are not. */
export async function surveyHistory(
  history: History,
  tips: readonly CommitId[],
  { selects, onEvent, signal }: Selection & LongOperation,
): Promise<Survey> {
  const commits: CommitId[] = [];
  if (tips.length > 0) for await (const { id } of history.walk({ include: tips })) commits.push(id);
  commits.reverse();
  const found: Found = { seen: new Set(), paths: new Set(), versions: new Map(), selects };
  for (const [done, commit] of commits.entries()) {
    signal?.throwIfAborted();
    onEvent?.({ type: 'progress', phase: 'read history', done, total: commits.length, unit: 'items' });
    await lookInto(history, { tree: (await history.readCommit(commit)).tree, prefix: '', commit }, found);
  }
  return { commits, paths: found.paths, versions: [...found.versions.values()] };
}

interface Found extends Pick<Selection, 'selects'> {
  readonly seen: Set<string>;
  readonly paths: Set<string>;
  readonly versions: Map<ObjectId, FileVersion>;
}

async function lookInto(
  history: History,
  { tree, prefix, commit }: { readonly tree: ObjectId; readonly prefix: string; readonly commit: CommitId },
  found: Found,
): Promise<void> {
  const place = `${tree}${prefix}`;
  if (found.seen.has(place)) return;
  found.seen.add(place);
  for (const entry of await history.readTreeEntries(tree)) {
    const path = prefix + entry.name;
    if (isFolder(entry)) await lookInto(history, { tree: entry.id, prefix: `${path}/`, commit }, found);
    if (!isRegularFile(entry)) continue;
    found.paths.add(path);
    if (found.selects(path) && !found.versions.has(entry.id))
      found.versions.set(entry.id, { id: entry.id, path, commit });
  }
}
