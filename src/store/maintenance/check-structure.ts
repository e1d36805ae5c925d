import { isMgitError, isSystemError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { PackId } from '../../base/ids.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import { checkRecords } from '../extents/import-pack.ts';
import type { LocalPacks } from '../extents/local-packs.ts';
import { openPackFile } from '../packs/open-pack.ts';
import type { StoreProblem } from '../tensor-store.ts';

/** A pack that cannot be opened, or whose index is not as `docs/format.md` says. */
type PackProblem = StoreProblem & { readonly pack: PackId };

/** Opens every pack anew and checks all that its index says; yields those that are no use. */
export async function* checkStructure(
  { fs, local }: { readonly fs: FileSystem; readonly local: LocalPacks },
  { onEvent, signal }: LongOperation,
): AsyncGenerator<PackProblem> {
  const packs = await local.list();
  for (const [done, id] of packs.entries()) {
    signal?.throwIfAborted();
    onEvent?.({ type: 'progress', phase: 'check packs', done, total: packs.length, unit: 'items' });
    const problem = await problemOf(fs, local.path(id), id);
    if (problem) yield problem;
  }
}

async function problemOf(fs: FileSystem, path: string, id: PackId): Promise<PackProblem | undefined> {
  try {
    const pack = await openPackFile(fs, path, id);
    try {
      checkRecords(pack);
    } finally {
      await pack.file.close();
    }
    return undefined;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined; // Another process removed it just now.
    if (isMgitError(error)) return { code: error.code, message: error.message, pack: id };
    if (!isSystemError(error, 'EIO', 'EACCES', 'EPERM')) throw error;
    return { code: 'PACK_UNREADABLE', message: `pack ${id.slice(0, 12)}: ${error.message}`, pack: id };
  }
}
