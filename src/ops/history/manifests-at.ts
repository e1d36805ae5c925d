import { MgitError } from '../../base/errors.ts';
import type { CommitId, ObjectId } from '../../base/ids.ts';
import type { TreeFile } from '../../store/history/history.ts';
import type { Manifest } from '../../store/manifest/manifest.ts';
import { looksLikeManifest } from '../../store/manifest/read-lines.ts';
import { openManifest, parseManifest } from '../../store/manifest/read-manifest.ts';
import type { Repository } from '../repository.ts';

/** A model of a tree: a file whose blob is a manifest. */
export interface ModelFile extends TreeFile {
  readonly manifest: Manifest;
}

/** The tree of a commit; a tree stays what it is. */
export async function treeOf(repository: Repository, commitOrTree: ObjectId): Promise<ObjectId> {
  try {
    return (await repository.history.readCommit(commitOrTree as CommitId)).tree;
  } catch (error) {
    if (!(error instanceof MgitError) || error.code === 'OBJECT_MISSING') throw error;
    return commitOrTree;
  }
}

/** The manifest at a path of a commit or tree; undefined when there is no file, or it is no model. Errors: `MANIFEST_CORRUPT`. */
export async function readManifestAt(
  repository: Repository,
  commitOrTree: ObjectId,
  path: string,
): Promise<Manifest | undefined> {
  const file = await repository.history.findInTree(await treeOf(repository, commitOrTree), path);
  return file === undefined ? undefined : readManifestBlob(repository, file);
}

/** The manifest that a file of a tree or of the index holds; undefined for any other content. */
export async function readManifestBlob(
  repository: Pick<Repository, 'history'>,
  file: Pick<TreeFile, 'id' | 'mode'>,
): Promise<Manifest | undefined> {
  const text = await readManifestText(repository, file);
  return text && parseManifest(text);
}

/** Like {@link readManifestBlob}, but the manifest is only checked as far as it is read. */
export async function openManifestBlob(
  repository: Pick<Repository, 'history'>,
  file: Pick<TreeFile, 'id' | 'mode'>,
): Promise<Manifest | undefined> {
  const text = await readManifestText(repository, file);
  return text && openManifest(text);
}

/** The text of the manifest that a file of a tree or of the index holds; undefined for any other content. */
export async function readManifestText(
  repository: Pick<Repository, 'history'>,
  file: Pick<TreeFile, 'id' | 'mode'>,
): Promise<Uint8Array | undefined> {
  if (!isRegular(file)) return undefined;
  const blob = await repository.history.readBlob(file.id);
  return looksLikeManifest(blob) ? blob : undefined;
}

/** The models of a tree or commit, sorted by path. One manifest is held at a time. */
export async function* listModels(repository: Repository, commitOrTree: ObjectId): AsyncGenerator<ModelFile> {
  const tree = await treeOf(repository, commitOrTree);
  const files = (await repository.history.listTree(tree)).filter(isRegular);
  let index = 0;
  for await (const blob of repository.history.readBlobs(files.map(file => file.id))) {
    const file = files[index++] as TreeFile;
    if (looksLikeManifest(blob)) yield { ...file, manifest: parseManifest(blob) };
  }
}

function isRegular(file: Pick<TreeFile, 'mode'>): boolean {
  return (file.mode & 0o170000) === 0o100000;
}
