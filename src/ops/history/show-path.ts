import { MgitError } from '../../base/errors.ts';
import type { TreeFile } from '../../store/history/history.ts';
import type { Manifest } from '../../store/manifest/manifest.ts';
import { looksLikeManifest } from '../../store/manifest/read-lines.ts';
import { parseManifest } from '../../store/manifest/read-manifest.ts';
import type { Repository } from '../repository.ts';
import { repositoryPath } from '../worktree/work-tree.ts';

/** A path in a revision, as `<revision>:<path>` names it; an empty path is the root. */
export interface RevisionPath {
  readonly revision: string;
  /** As it was typed. */
  readonly path: string;
}

/** What is at a path of a revision. */
export type ShownPath =
  | { readonly kind: 'model'; readonly file: TreeFile; readonly manifest: Manifest }
  | { readonly kind: 'file'; readonly file: TreeFile; readonly bytes: Uint8Array }
  /** Names, sorted; folders end with `/`. */
  | { readonly kind: 'folder'; readonly path: string; readonly entries: readonly string[] };

/** Reads `<revision>:<path>`; undefined where there is no colon outside of braces (`HEAD^{/a:b}`). */
export function parseRevisionPath(text: string): RevisionPath | undefined {
  const at = text.replace(/\{[^}]*\}/g, braces => '_'.repeat(braces.length)).indexOf(':');
  return at > 0 ? { revision: text.slice(0, at), path: text.slice(at + 1) } : undefined;
}

/**
 * Reads what is at a path of a revision. Paths begin at the root, or at `cwd` with `./` and `../`, as in Git.
 * Errors: `REVISION_UNKNOWN`, `PATH_UNKNOWN`, `PATH_OUTSIDE`, `MANIFEST_CORRUPT`.
 */
export async function showPath(
  repository: Repository,
  { revision, path: typed }: RevisionPath,
  cwd: string,
): Promise<ShownPath> {
  const { history } = repository;
  const { tree } = await history.readCommit(await history.resolveCommit(revision));
  const path = /^\.\.?(\/|$)/.test(typed)
    ? repositoryPath(repository, cwd, typed)
    : typed.replace(/\/+$/, '');
  const file = path === '' ? undefined : await history.findInTree(tree, path);
  if (file !== undefined) return shownFile(repository, file);
  const below = await history.listTree(tree, path === '' ? undefined : path);
  if (path !== '' && below.length === 0) throw unknownPath(revision, path);
  return { kind: 'folder', path, entries: entriesOf(below, path) };
}

async function shownFile({ history }: Repository, file: TreeFile): Promise<ShownPath> {
  if (file.mode === SUBMODULE) return { kind: 'file', file, bytes: new TextEncoder().encode(`${file.id}\n`) };
  const bytes = await history.readBlob(file.id);
  if (looksLikeManifest(bytes)) return { kind: 'model', file, manifest: parseManifest(bytes) };
  return { kind: 'file', file, bytes };
}

const SUBMODULE = 0o160000;

function entriesOf(files: readonly TreeFile[], folder: string): readonly string[] {
  const start = folder === '' ? 0 : folder.length + 1;
  const names = files.map(({ path }) => path.slice(start).replace(/\/.*$/s, '/'));
  return [...new Set(names)];
}

function unknownPath(revision: string, path: string): MgitError {
  return new MgitError('PATH_UNKNOWN', `${revision} has no ${path}`, {
    hint: `see "mgit show ${revision}:" for what there is; paths begin at the root of the work tree`,
  });
}
