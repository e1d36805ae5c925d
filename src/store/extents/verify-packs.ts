import { isMgitError, isSystemError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { Digest, PackId } from '../../base/ids.ts';
import type { StoreProblem } from '../tensor-store.ts';
import { chainCost } from './chain.ts';
import type { LocalPacks } from './local-packs.ts';
import { type ReadContext, readExtent } from './read-extent.ts';
import { verified } from './verified.ts';

/** Decodes and hashes every record of the packs; yields what is wrong with them. */
export async function* verifyPacks(
  packs: readonly PackId[],
  { local, read }: { readonly local: LocalPacks; readonly read: ReadContext },
  options: LongOperation,
): AsyncGenerator<StoreProblem> {
  for (const [done, pack] of packs.entries()) {
    options.onEvent?.({ type: 'progress', phase: 'verify', done, total: packs.length, unit: 'items' });
    try {
      yield* verifyPack(pack, local, read);
    } catch (error) {
      yield problemOf(error, { pack });
    }
  }
}

async function* verifyPack(id: PackId, local: LocalPacks, read: ReadContext): AsyncGenerator<StoreProblem> {
  const pack = await local.open(id);
  for (let position = 0; position < pack.index.entryCount; position++) {
    read.signal?.throwIfAborted();
    const entry = pack.index.entryAt(position);
    // Reads the whole extent, from this pack where it can: another pack's copy must not hide damage in this one.
    const lookup: ReadContext['lookup'] = async digest => {
      const isWholeHere = digest === entry.digest && entry.segmentSpan === entry.length;
      if (!isWholeHere) return read.lookup(digest);
      return { digest, length: entry.length, segments: [{ pack, entry, from: 0, to: entry.length }] };
    };
    try {
      await readWhole(entry.digest, { ...read, lookup });
    } catch (error) {
      yield problemOf(error, { pack: id, digest: entry.digest });
    }
  }
}

/** Reads and hashes an extent. Errors: those of reading. */
export async function readWhole(digest: Digest, read: ReadContext): Promise<void> {
  await chainCost(digest, read.lookup);
  for await (const slice of verified(digest, readExtent(digest, undefined, read), read.engine)) {
    read.buffers.release(slice);
    read.signal?.throwIfAborted();
  }
}

function problemOf(error: unknown, where: Pick<StoreProblem, 'pack' | 'digest'>): StoreProblem {
  if (isSystemError(error, 'EIO')) return { code: 'PACK_UNREADABLE', message: error.message, ...where };
  if (!isMgitError(error)) throw error;
  return { code: error.code, message: error.message, ...where };
}
