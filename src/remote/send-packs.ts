import { MgitError } from '../base/errors.ts';
import type { LongOperation } from '../base/events.ts';
import type { Digest, PackId } from '../base/ids.ts';
import type { OutgoingPack, PackBackend } from './backends/backend.ts';
import type { LocalSide } from './local-side.ts';
import { pointerOfPack } from './pack-pointer-of.ts';
import type { PackPointer } from './pointer.ts';

/** What a push has to send. */
export interface PackDemand {
  /** Extents that the other side must be able to obtain. */
  readonly digests: ReadonlySet<Digest>;
  /** Of extents that are not here, those that the other side has anyway. */
  readonly heldByRemote: ReadonlySet<Digest>;
  /** Packs that the other side has. */
  readonly published: ReadonlySet<PackId>;
  /** Of these extents and what they depend on, those that published packs hold: copies of its records must not go back as new packs. */
  readonly heldInPacks?: ReadonlySet<Digest>;
}

/** What was sent: `pointers` are all packs that the packs ref must name, `bytes` what went over the wire. */
export interface SentPacks {
  readonly pointers: readonly PackPointer[];
  readonly sent: readonly PackPointer[];
  readonly bytes: number;
}

/** Sends the packs of a demand that the remote does not have. Errors: `EXTENT_MISSING`; as {@link PackBackend.save}. */
export async function sendPacks(
  local: LocalSide,
  backend: PackBackend,
  demand: PackDemand,
  options: LongOperation = {},
): Promise<SentPacks> {
  const packs: OutgoingPack[] = [];
  for (const id of await local.store.packsFor(await extentsHere(local, demand), isHeld(demand)))
    if (!demand.published.has(id))
      packs.push({ pointer: await pointerOfPack(local, id, options.signal), path: local.store.packPath(id) });
  const report = packs.length === 0 ? { saved: [], bytes: 0 } : await backend.save(packs, options);
  return { pointers: packs.map(pack => pack.pointer), sent: report.saved, bytes: report.bytes };
}

function isHeld({ heldInPacks }: PackDemand): (digest: Digest) => boolean {
  return digest => heldInPacks?.has(digest) === true;
}

/** What a partial clone never had cannot be sent, and need not be, where the remote has it. */
async function extentsHere(local: LocalSide, demand: PackDemand): Promise<readonly Digest[]> {
  const except = isHeld(demand);
  const missing = new Set(await local.store.missing(demand.digests, except));
  const lost = [...missing].filter(digest => demand.digests.has(digest) && !demand.heldByRemote.has(digest));
  if (lost.length > 0)
    throw new MgitError(
      'EXTENT_MISSING',
      `${lost.length} extents of the pushed commits are not in the local store`,
      {
        hint: 'run mgit fetch, in a partial clone with --all-tensors, or push from the clone where the commits were made',
        details: { first: lost.slice(0, 5) },
      },
    );
  if (missing.size === 0) return [...demand.digests];
  const here: Digest[] = [];
  for (const digest of demand.digests)
    if ((await local.store.missing([digest], except)).length === 0) here.push(digest);
  return here;
}
