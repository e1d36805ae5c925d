import type { LongOperation } from '../base/events.ts';
import type { Digest } from '../base/ids.ts';
import type { PackBackend } from './backends/backend.ts';
import type { LocalSide } from './local-side.ts';
import type { PackPointer } from './pointer.ts';
import { catalogue } from './records/catalogue.ts';
import { chooseRecords } from './records/choose-records.ts';
import { recordGraph } from './records/record-graph.ts';
import { shortening } from './records/shortening.ts';

/**
 * Of extents that are not here, those that can be obtained from packs of a remote, going by the indexes of these packs: those not read
 * before are asked for. Errors: as `PackBackend.load`.
 */
export async function promisedBy(
  local: LocalSide,
  remote: { readonly backend: PackBackend; readonly pointers: readonly PackPointer[] },
  digests: readonly Digest[],
  { signal }: LongOperation = {},
): Promise<ReadonlySet<Digest>> {
  const packs = catalogue(local, remote.backend, remote.pointers, signal);
  const graph = await recordGraph(digests, local, packs);
  const lost = new Set(chooseRecords(digests, graph).unavailable);
  const { helped } = await shortening([...lost], graph, local);
  return new Set(digests.filter(digest => !lost.has(digest) || helped.has(digest)));
}
