import { dirname, join } from 'node:path';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId } from '../../base/ids.ts';
import { isModelCompanion } from '../../eval/gate/companions.ts';
import { sha256 } from '../../eval/report/statement.ts';
import { isShardIndexPath } from '../../formats/safetensors/shard-index.ts';
import type { TreeFile } from '../../store/history/history.ts';
import { looksLikeManifest } from '../../store/manifest/read-lines.ts';
import { parseManifest } from '../../store/manifest/read-manifest.ts';
import type { Repository } from '../repository.ts';
import { isRegularFile } from './data.ts';
import type { GateModel } from './job.ts';

/** Where and what {@link checkOutModels} writes. */
export interface ModelCheckout extends LongOperation {
  readonly commit: CommitId;
  /** Absolute; created. */
  readonly directory: string;
  /** Further files beside the models, such as their configs. */
  readonly also: ReadonlySet<string>;
}

/** Writes a commit's models, as safetensors with the indexes of their shards, and the files that belong to them; nothing else of the commit. */
export async function checkOutModels(repository: Repository, checkout: ModelCheckout): Promise<GateModel> {
  const { commit, directory, also, signal } = checkout;
  const key: string[] = [];
  for await (const { file, blob } of regularFiles(repository, commit)) {
    const isModel = looksLikeManifest(blob);
    if (!isModel && !isShardIndexPath(file.path) && !also.has(file.path) && !isModelCompanion(file.path))
      continue;
    const path = await placeFor(repository, directory, file.path);
    if (isModel) await repository.store.restoreFile(parseManifest(blob), path, signal ? { signal } : {});
    else await writeFile(repository, path, blob);
    key.push(`${file.id} ${file.path}\n`);
  }
  return { commit, directory, key: sha256(key.join('')) };
}

/** Writes a commit's files other than models: scripts, recipes, data. */
export async function checkOutOthers(
  repository: Repository,
  commit: CommitId,
  directory: string,
): Promise<void> {
  await repository.ports.fs.makeDirectory(directory);
  for await (const { file, blob } of regularFiles(repository, commit)) {
    if (looksLikeManifest(blob)) continue;
    const path = await placeFor(repository, directory, file.path);
    await writeFile(repository, path, blob);
    if (file.mode === 0o100755) await repository.ports.fs.chmod(path, 0o755);
  }
}

/** Symbolic links and submodules are left out: they would lead out of what is bound. */
async function* regularFiles(
  { history }: Repository,
  commit: CommitId,
): AsyncGenerator<{ readonly file: TreeFile; readonly blob: Uint8Array }> {
  const { tree } = await history.readCommit(commit);
  const files = (await history.listTree(tree)).filter(isRegularFile);
  let index = 0;
  for await (const blob of history.readBlobs(files.map(({ id }) => id))) {
    const file = files[index++];
    if (file) yield { file, blob };
  }
}

async function placeFor({ ports }: Repository, directory: string, path: string): Promise<string> {
  const place = join(directory, path);
  await ports.fs.makeDirectory(dirname(place));
  return place;
}

async function writeFile({ ports }: Repository, path: string, bytes: Uint8Array): Promise<void> {
  const file = await ports.fs.open(path, 'write');
  try {
    await file.write(bytes, 0);
  } finally {
    await file.close();
  }
}
