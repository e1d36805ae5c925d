import type { LongOperation } from '../../base/events.ts';
import type { PackId } from '../../base/ids.ts';
import type { LocalSide } from '../../remote/local-side.ts';
import { computePointer, pointerOfPack, rememberedPointer } from '../../remote/pack-pointer-of.ts';
import type { FsckProblem } from './fsck-problem.ts';

/** Opens every pack and checks what its index says; those with problems are no use to anybody. */
export async function checkStructures(
  { store }: Pick<LocalSide, 'store'>,
  options: LongOperation,
): Promise<readonly (FsckProblem & { readonly pack: PackId })[]> {
  const problems: (FsckProblem & { readonly pack: PackId })[] = [];
  for await (const problem of store.maintenance.checkStructure(options))
    problems.push({ ...problem, level: 'error' });
  return problems;
}

/**
 * Decodes and hashes every record, and compares whole packs with what was sent or received. The store must be without packs that cannot be
 * opened. A record whose base is missing is a note: where a ref reaches it, the base is reported.
 */
export async function checkContents(
  local: Omit<LocalSide, 'history'>,
  options: LongOperation,
): Promise<readonly FsckProblem[]> {
  const { store } = local;
  const problems: FsckProblem[] = [];
  for await (const problem of store.verify(undefined, options))
    problems.push({ ...problem, level: problem.code === 'EXTENT_MISSING' ? 'note' : 'error' });
  const damaged = new Set(problems.map(({ pack }) => pack));
  for (const id of await store.listPacks())
    if (!damaged.has(id)) problems.push(...(await changedFile(local, id, options)));
  return problems;
}

/**
 * A bit that no record depends on. Where the digest of the whole file is not known yet, this pack has just been found good: it is noted, so
 * that any later change shows.
 */
async function changedFile(
  local: Omit<LocalSide, 'history'>,
  id: PackId,
  { signal }: LongOperation,
): Promise<readonly FsckProblem[]> {
  const known = await rememberedPointer(local, id);
  if (!known) {
    await pointerOfPack(local, id, signal);
    return [];
  }
  const now = await computePointer(local, id, signal);
  if (known.oid === now.oid) return [];
  const message = `pack ${id.slice(0, 12)} has changed since it was written, in a place that no record depends on`;
  return [{ code: 'PACK_CHANGED', message, level: 'error', pack: id }];
}
