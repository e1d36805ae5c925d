import { isMgitError, isSystemError, MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { FileStat } from '../../base/ports/file-system.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { looksLikeManifest } from '../manifest/read-lines.ts';
import { parseManifest } from '../manifest/read-manifest.ts';
import { type Attributes, isModel } from './attributes.ts';
import { type FileContent, modeOf, readContent } from './file-content.ts';
import type { IndexEntry } from './index-file.ts';
import type { IndexState } from './index-session.ts';
import { indexStat, isRacy, matchesStat } from './index-stat.ts';
import type { WorkTree } from './work-tree.ts';

/** How a tracked file of the work tree stands to its index entry. */
export type FileState =
  /** `refreshed` holds an entry whose stat data would spare the next look at the content. */
  | { readonly kind: 'same'; readonly refreshed?: IndexEntry }
  | { readonly kind: 'missing' }
  /** `unreadable`: a model that no reader understands. Whatever it is, it is not what was staged. */
  | {
      readonly kind: 'modified';
      readonly stat: FileStat;
      readonly content?: FileContent;
      readonly unreadable?: MgitError;
    };

const GITLINK = 0o160000;
const EMPTY_BLOBS = new Set([
  'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391',
  '473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813',
]);

/**
 * Holds a file against its index entry. Its content is read only when the metadata has changed, or is too young to tell (as Git does
 * with racy entries).
 */
export async function compareFile(
  workTree: WorkTree,
  entry: IndexEntry,
  context: { readonly index: IndexState; readonly attributes: Attributes; readonly long?: LongOperation },
): Promise<FileState> {
  if (entry.skipWorktree || entry.assumeValid || entry.mode === GITLINK) return { kind: 'same' };
  const stat = await lstat(workTree, entry.path);
  if (stat === undefined || stat.kind === 'directory') return { kind: 'missing' };
  if (isKnownClean(workTree, entry, { stat, index: context.index })) return { kind: 'same' };
  if (stat.kind === 'other') return { kind: 'modified', stat };
  const content = await contentOf(workTree, entry, { ...context, stat });
  if (content instanceof MgitError) return { kind: 'modified', stat, unreadable: content };
  if (content.id !== entry.id || !sameMode(workTree, entry.mode, stat) || entry.intentToAdd)
    return { kind: 'modified', stat, content };
  return { kind: 'same', refreshed: { ...entry, ...indexStat(stat) } };
}

/** The error itself for a model that no reader understands: a damaged file must not keep `restore` from replacing it. */
async function contentOf(
  workTree: WorkTree,
  entry: IndexEntry,
  context: { readonly attributes: Attributes; readonly stat: FileStat; readonly long?: LongOperation },
): Promise<FileContent | MgitError> {
  const { path } = entry;
  const { attributes, stat, long } = context;
  const former = (): Promise<Manifest | undefined> => formerManifest(workTree, entry, stat);
  try {
    return await readContent(workTree, path, {
      attributes,
      stat,
      action: { kind: 'hash', former, ...(long ? { long } : {}) },
    });
  } catch (error) {
    const isUnreadable = isMgitError(error) && !isMgitError(error, 'INTERRUPTED');
    if (isUnreadable && isModel(await attributes.of(path))) return error;
    throw error;
  }
}

/** The manifest that the index holds, where the file may still have its layout. Only a way to be faster: whoever needs it hears of its damage. */
async function formerManifest(
  { history }: WorkTree,
  { id, size }: IndexEntry,
  stat: FileStat,
): Promise<Manifest | undefined> {
  if (size !== 0 && size !== stat.size) return undefined; // 0: smudged.
  try {
    const blob = await history.readBlob(id);
    return looksLikeManifest(blob) ? parseManifest(blob) : undefined;
  } catch (error) {
    if (isMgitError(error)) return undefined;
    throw error;
  }
}

/** True where the metadata alone tells that a file is as its index entry says. */
export function isKnownClean(
  workTree: WorkTree,
  entry: IndexEntry,
  now: { readonly stat: FileStat; readonly index: IndexState },
): boolean {
  if (entry.intentToAdd || !sameMode(workTree, entry.mode, now.stat)) return false;
  if (entry.size === 0 && !EMPTY_BLOBS.has(entry.id)) return false; // Smudged: it was racy when the index was written.
  return matchesStat(entry, now.stat, workTree.settings.stat) && !isRacy(entry, now.index);
}

/** The mode that the work tree gives a file, where the file system can tell; otherwise that of the index. */
export function workTreeMode(workTree: WorkTree, stat: FileStat, indexMode: number | undefined): number {
  const mode = modeOf(stat);
  const { fileMode, symlinks } = workTree.settings;
  if (!symlinks && indexMode === 0o120000 && mode !== 0o120000) return indexMode;
  if (!fileMode && mode !== 0o120000) return indexMode === 0o100755 ? indexMode : 0o100644;
  return mode;
}

function sameMode(workTree: WorkTree, mode: number, stat: FileStat): boolean {
  return workTreeMode(workTree, stat, mode) === mode;
}

/** A file's metadata, or undefined when there is none, also behind a symbolic link or a file where a directory was. */
export async function lstat(workTree: WorkTree, path: string): Promise<FileStat | undefined> {
  const parts = path.split('/');
  let at = workTree.root;
  for (const [index, part] of parts.entries()) {
    at = `${at}/${part}`;
    const isLast = index === parts.length - 1;
    const stat = await lstatOrUndefined(workTree, at);
    if (isLast || stat === undefined) return stat;
    if (stat.kind !== 'directory') return undefined;
  }
  return undefined;
}

async function lstatOrUndefined(workTree: WorkTree, absolute: string): Promise<FileStat | undefined> {
  try {
    return await workTree.ports.fs.lstat(absolute);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}
