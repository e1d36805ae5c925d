import type { Digest } from '../../base/ids.ts';
import type { ElementLayout } from '../packs/codecs/codec.ts';
import { FRAME_BYTES } from '../packs/limits.ts';
import { RECORD_KINDS } from '../packs/records.ts';
import { type Coding, RAW_CODING } from './coding.ts';
import type { Engine } from './engine.ts';
import { isMostlyEqual } from './mostly-equal.ts';

/** A coding must leave at most this share of the sample, or the bytes stay as they are: reading them is then fastest. */
const WORTHWHILE = 0.88;
/** What reads another extent too must beat planes by this factor. */
const BASE_ADVANTAGE = 0.9;
/** Shorter extents are not worth a codec. */
export const SHORTEST_CODED = 4096;

/** Parts of an extent's bytes, and the same parts of the extent that it may be coded against. */
export interface CodingSample {
  readonly parts: readonly Uint8Array[];
  readonly layouts: readonly ElementLayout[];
  readonly base: { readonly digest: Digest; readonly parts: readonly Uint8Array[] } | undefined;
}

/** A part of an extent that is sampled. */
export interface SamplePlace {
  readonly offset: number;
  readonly length: number;
}

/** Where an extent is sampled: its begin, middle and end, aligned to elements of any size. */
export function samplePlaces(length: number): readonly SamplePlace[] {
  const part = 64 * 1024;
  if (length <= 3 * part) return [{ offset: 0, length }];
  return [0, Math.floor(length / 128) * 64, length - part].map(offset => ({
    offset: offset - (offset % 8),
    length: part,
  }));
}

/** Extents of more frames are worth decoding one for each place. */
const FEW_FRAMES = 8;

/**
 * Where an extent is sampled together with one that must be decoded for that: of few frames, only the middle one is. Undefined for more
 * frames: their {@link samplePlaces} cost little beside the rest.
 */
export function samplePlacesOfOneFrame(length: number): readonly SamplePlace[] | undefined {
  const frames = Math.ceil(length / FRAME_BYTES);
  if (frames > FEW_FRAMES) return undefined;
  const start = Math.floor((frames - 1) / 2) * FRAME_BYTES;
  const places = samplePlaces(Math.min(FRAME_BYTES, length - start));
  return places.map(place => ({ ...place, offset: start + place.offset }));
}

/** A coding, and the bytes that the sample takes in it. */
export interface Rated {
  readonly coding: Coding;
  readonly size: number;
}

/** The coding that a sample recommends: the smallest that is worth its time. */
export async function chooseCoding(sample: CodingSample, engine: Engine): Promise<Coding> {
  return (await rateCoding(sample, engine)).coding;
}

/** {@link chooseCoding}, and the bytes that the sample takes in it. */
export async function rateCoding(sample: CodingSample, engine: Engine): Promise<Rated> {
  const total = sample.parts.reduce((sum, part) => sum + part.length, 0);
  const plain = await bestOf(plainCodings(sample), sample, engine);
  const alone = plain && plain.size <= total * WORTHWHILE ? plain : undefined;
  const related = await bestOf(await codingsOnBase(sample), sample, engine);
  const least = alone ? alone.size * BASE_ADVANTAGE : total * WORTHWHILE;
  if (related && related.size <= least) return related;
  return alone ?? { coding: RAW_CODING, size: total };
}

function plainCodings({ layouts }: CodingSample): readonly Coding[] {
  return layouts.map(elements => ({ kind: RECORD_KINDS.planes, elements, base: undefined }));
}

/** Few differences are listed one by one; both ways are tried then, since their places decide. */
async function codingsOnBase({ parts, base, layouts }: CodingSample): Promise<readonly Coding[]> {
  if (!base) return [];
  const codings: Coding[] = [];
  for (const elements of layouts) {
    const isSparse = await isMostlyEqual(parts, base.parts, elements.elementSize);
    if (isSparse) codings.push({ kind: RECORD_KINDS.sparse, elements, base: base.digest });
    codings.push({ kind: RECORD_KINDS.xor, elements, base: base.digest });
  }
  return codings;
}

/** The first of the smallest. */
async function bestOf(
  codings: readonly Coding[],
  sample: CodingSample,
  engine: Engine,
): Promise<Rated | undefined> {
  let best: Rated | undefined;
  for (const coding of codings) {
    const size = await codedSize(coding, sample, engine);
    if (!best || size < best.size) best = { coding, size };
  }
  return best;
}

async function codedSize(
  { kind, elements, base }: Coding,
  sample: CodingSample,
  engine: Engine,
): Promise<number> {
  let size = 0;
  for (const [index, bytes] of sample.parts.entries()) {
    const against = base === undefined ? undefined : sample.base?.parts[index];
    size += (await engine.encode({ kind, elements, bytes, base: against })).length;
  }
  return size;
}
