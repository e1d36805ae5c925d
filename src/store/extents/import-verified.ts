import type { Digest } from '../../base/ids.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import { type OpenPack, openPackFile } from '../packs/open-pack.ts';
import type { ReceivedPack } from '../tensor-store.ts';
import { chainCost } from './chain.ts';
import { checkRecords, type Importing, importPack } from './import-pack.ts';
import type { PackLookup } from './local-packs.ts';
import { type Candidate, recordOf } from './locate.ts';
import { type ReadContext, readExtent } from './read-extent.ts';
import { verified } from './verified.ts';

/**
 * Decodes and hashes every extent that received packs complete, then imports them. A recipe has no bytes that could be damaged, its
 * parameters are under the pack's id: it is verified whenever it is computed. Errors: `PACK_CORRUPT`, `EXTENT_CORRUPT`.
 */
export async function importVerified(
  received: readonly ReceivedPack[],
  fs: FileSystem,
  { local, keeper, read }: Importing & { readonly read: ReadContext },
): Promise<void> {
  const packs: OpenPack[] = [];
  try {
    for (const { id, path } of received) packs.push(await openPackFile(fs, path, id));
    for (const pack of packs) checkRecords(pack);
    const lookup = lookupIn(packs, read.lookup);
    for (const digest of digestsOf(packs)) await verify(digest, { ...read, lookup });
  } finally {
    for (const pack of packs) await pack.file.close();
  }
  for (const pack of received) await importPack(pack, fs, { local, keeper });
}

/** The new packs first: what is here already must not hide damage in them. */
function lookupIn(packs: readonly OpenPack[], others: PackLookup): PackLookup {
  const candidates = (digest: Digest): Candidate[] =>
    packs.flatMap(pack => {
      const entry = pack.index.find(digest);
      return entry ? [{ pack, entry }] : [];
    });
  return async digest => recordOf(digest, candidates(digest)) ?? others(digest);
}

function* digestsOf(packs: readonly OpenPack[]): Generator<Digest> {
  const seen = new Set<Digest>();
  for (const { index } of packs)
    for (let position = 0; position < index.entryCount; position++) {
      const { digest, frameCount } = index.entryAt(position);
      if (frameCount > 0 && !seen.has(digest)) yield digest;
      seen.add(digest);
    }
}

async function verify(digest: Digest, read: ReadContext): Promise<void> {
  read.signal?.throwIfAborted();
  await chainCost(digest, read.lookup);
  for await (const slice of verified(digest, readExtent(digest, undefined, read), read.engine))
    read.buffers.release(slice);
}
