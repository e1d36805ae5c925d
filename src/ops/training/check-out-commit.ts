import { dirname, join } from 'node:path';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId } from '../../base/ids.ts';
import type { TreeFile } from '../../store/history/history.ts';
import { looksLikeManifest } from '../../store/manifest/read-lines.ts';
import { parseManifest } from '../../store/manifest/read-manifest.ts';
import type { Repository } from '../repository.ts';

/**
 * Writes a commit's files, models included, below `directory` (absolute), which belongs to nobody else: no index, no filters, no hooks.
 * Symbolic links and submodules are left out: they would lead out of what the commit holds. Errors: `EXTENT_MISSING`.
 */
export async function checkOutCommit(
  repository: Repository,
  options: LongOperation & { readonly commit: CommitId; readonly directory: string },
): Promise<void> {
  const { history, ports } = repository;
  const { tree } = await history.readCommit(options.commit);
  const files = (await history.listTree(tree)).filter(({ mode }) => (mode & 0o170000) === 0o100000);
  let index = 0;
  for await (const blob of history.readBlobs(files.map(({ id }) => id))) {
    const file = files[index++] as TreeFile;
    const path = join(options.directory, file.path);
    await ports.fs.makeDirectory(dirname(path));
    if (looksLikeManifest(blob)) await repository.store.restoreFile(parseManifest(blob), path, options);
    else await writeBlob(repository, path, blob);
    if (file.mode === 0o100755) await ports.fs.chmod(path, 0o755);
  }
}

async function writeBlob({ ports }: Repository, path: string, bytes: Uint8Array): Promise<void> {
  const file = await ports.fs.open(path, 'create');
  try {
    await file.write(bytes, 0);
  } finally {
    await file.close();
  }
}
