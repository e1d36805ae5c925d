import type { LongOperation } from '../../base/events.ts';
import type { CommitId } from '../../base/ids.ts';
import type { PackBackend } from '../../remote/backends/backend.ts';
import { rememberedPointers, rememberPointer } from '../../remote/pack-pointer-of.ts';
import { readPublishedPacks } from '../../remote/packs-ref.ts';
import type { PackPointer } from '../../remote/pointer.ts';
import type { Repository } from '../repository.ts';

/** Where a remote's packs are, and its commit of the packs ref. */
export interface RemotePacks {
  readonly backend: PackBackend;
  readonly published: CommitId | undefined;
}

/**
 * The packs that a remote has: those that its packs ref names, and where packs can be listed the others. Their digests are computed
 * once, and remembered.
 */
export async function remotePointers(
  repository: Repository,
  remote: RemotePacks,
  options: LongOperation = {},
): Promise<readonly PackPointer[]> {
  const { backend } = remote;
  const published = await readPublishedPacks(repository.history, remote.published);
  if (!backend.others) return published;
  const known = new Set([...published.map(({ id }) => id), ...(await repository.store.listPacks())]);
  const remembered = (await rememberedPointers(repository)).filter(({ id }) => !known.has(id));
  const there = await backend.has(remembered, options);
  for (const { id } of there) known.add(id);
  const others = await backend.others(known, options);
  for (const pointer of others) await rememberPointer(repository, pointer);
  return [...published, ...there, ...others];
}
