import type { ManifestExtent } from '../manifest/manifest.ts';
import type { OpenPack } from '../packs/open-pack.ts';
import { fillFrom } from '../packs/open-pack.ts';
import { RECORD_KINDS } from '../packs/records.ts';
import { freshBuffers } from './buffer-pool.ts';
import { chainCost } from './chain.ts';
import { type ReadContext, readExtent } from './read-extent.ts';

/** Consecutive bytes of a pack that are consecutive in the file too. */
interface Stretch {
  readonly pack: OpenPack;
  readonly offset: number;
  readonly at: number;
  length: number;
}

/** Fills `target` with extents that follow each other; raw ones that lie together in a pack are read together. Not verified. */
export async function readRun(
  run: readonly ManifestExtent[],
  target: Uint8Array,
  context: ReadContext,
): Promise<void> {
  let stretch: Stretch | undefined;
  const flush = async (): Promise<void> => {
    if (!stretch) return;
    const { pack, offset, at, length } = stretch;
    stretch = undefined;
    await fillFrom(pack.file, target.subarray(at, at + length), { offset, name: pack.id });
  };
  const begin = run[0]?.offset ?? 0;
  for (const extent of run) {
    const at = extent.offset - begin;
    const place = await rawPlace(extent, context);
    const isNext = place && stretch?.pack === place.pack && stretch.offset + stretch.length === place.offset;
    if (isNext && stretch && stretch.at + stretch.length === at) stretch.length += extent.length;
    else {
      await flush();
      if (place) stretch = { ...place, at, length: extent.length };
      else await readOne(extent, target.subarray(at, at + extent.length), context);
    }
  }
  await flush();
}

/** Where a raw extent of one frame lies. */
async function rawPlace(
  { digest, length }: ManifestExtent,
  context: ReadContext,
): Promise<{ readonly pack: OpenPack; readonly offset: number } | undefined> {
  const segment = (await context.lookup(digest))?.segments[0];
  if (segment?.entry.kind !== RECORD_KINDS.raw || segment.entry.frameCount !== 1) return undefined;
  const frame = segment.pack.index.framesOf(segment.entry)[0];
  if (frame?.storedLength !== length || frame.rawLength !== length) return undefined;
  return { pack: segment.pack, offset: frame.offset };
}

async function readOne({ digest }: ManifestExtent, target: Uint8Array, context: ReadContext): Promise<void> {
  await chainCost(digest, context.lookup);
  let at = 0;
  for await (const slice of readExtent(digest, undefined, {
    ...context,
    buffers: freshBuffers,
    baseBuffers: freshBuffers,
  })) {
    target.set(slice.subarray(0, Math.max(0, target.length - at)), at);
    at += slice.length;
    freshBuffers.release(slice);
  }
}
