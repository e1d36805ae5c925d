import type { LongOperation } from '../../base/events.ts';
import type { CommitId, Digest, ObjectId } from '../../base/ids.ts';
import type { RepackWish } from '../../store/maintenance/recode-all.ts';
import type { Repacked } from '../../store/maintenance/repack.ts';
import { listModels } from '../history/manifests-at.ts';
import type { Repository } from '../repository.ts';
import { peeledCommits } from '../transfer/peeled-commits.ts';

/** So many of the latest versions of a tensor are tried as bases, besides the first. */
const LATEST = 3;

/** Codes the tensors of the whole history against better bases, and puts small packs together; no commit changes. */
export async function repackRepository(
  repository: Repository,
  options: LongOperation = {},
): Promise<Repacked> {
  const times = await repository.store.maintenance.packTimes();
  return repository.store.maintenance.repack({ times, wishes: await wishesOf(repository) }, options);
}

/**
 * Every tensor version of history, oldest first, with the versions of the same name, type and size before it: those of the parents and
 * of sibling branches are among the latest.
 */
async function wishesOf(repository: Repository): Promise<readonly RepackWish[]> {
  const { history, store } = repository;
  const refs = await history.listRefs('refs/');
  const tips = await peeledCommits(
    history,
    refs.filter(({ ref }) => !/^refs\/mgit\/(?:remotes|packs|reports)/.test(ref)).map(({ id }) => id),
  );
  const commits: CommitId[] = [];
  if (tips.length > 0) for await (const { id } of history.walk({ include: tips })) commits.push(id);
  const wishes = new Map<Digest, RepackWish>();
  const versions = new Map<string, Digest[]>();
  const seen = new Set<ObjectId>();
  for (const commit of commits.reverse())
    for await (const { id, manifest } of listModels(repository, commit)) {
      if (seen.has(id)) continue;
      seen.add(id);
      for (const { name, dtype, extent } of manifest.tensors) {
        if (wishes.has(extent.digest) || !(await store.has(extent.digest))) continue;
        const key = `${dtype} ${extent.length} ${name}`;
        const before = versions.get(key) ?? [];
        const bases = [...new Set([...before.slice(-LATEST).reverse(), ...before.slice(0, 1)])];
        wishes.set(extent.digest, { digest: extent.digest, dtype, bases });
        versions.set(key, [...before.slice(0, 1), ...before.slice(1).slice(1 - LATEST), extent.digest]);
      }
    }
  return [...wishes.values()];
}
