import type { Digest } from '../../base/ids.ts';
import type { ElementLayout } from '../packs/codecs/codec.ts';
import { RECORD_KINDS } from '../packs/records.ts';
import { type Coding, RAW_CODING } from './coding.ts';
import type { Engine } from './engine.ts';

/** A coding must leave at most this share of the sample, or the bytes stay as they are: reading them is then fastest. */
const WORTHWHILE = 0.88;
/** An XOR must beat planes by this factor, since reading it reads another extent too. */
const XOR_ADVANTAGE = 0.9;
/** Shorter extents are not worth a codec. */
export const SHORTEST_CODED = 4096;

/** Parts of an extent's bytes, and the same parts of the extent that it may be coded against. */
export interface CodingSample {
  readonly parts: readonly Uint8Array[];
  readonly layouts: readonly ElementLayout[];
  readonly base: { readonly digest: Digest; readonly parts: readonly Uint8Array[] } | undefined;
}

/** Where an extent is sampled: its begin, middle and end, aligned to elements of any size. */
export function samplePlaces(
  length: number,
): readonly { readonly offset: number; readonly length: number }[] {
  const part = 64 * 1024;
  if (length <= 3 * part) return [{ offset: 0, length }];
  return [0, Math.floor(length / 128) * 64, length - part].map(offset => ({
    offset: offset - (offset % 8),
    length: part,
  }));
}

/** The coding that a sample recommends. */
export async function chooseCoding(sample: CodingSample, engine: Engine): Promise<Coding> {
  const total = sample.parts.reduce((sum, part) => sum + part.length, 0);
  let best: Coding = RAW_CODING;
  let least = total * WORTHWHILE;
  for (const elements of sample.layouts) {
    const size = await codedSize(
      sample.parts,
      { kind: RECORD_KINDS.planes, elements, base: undefined },
      engine,
    );
    if (size > least) continue;
    least = size;
    best = { kind: RECORD_KINDS.planes, elements, base: undefined };
  }
  if (!sample.base) return best;
  const isPlanes = best.kind === RECORD_KINDS.planes;
  for (const elements of sample.layouts) {
    const size = await codedSize(
      sample.parts,
      { kind: RECORD_KINDS.xor, elements, base: sample.base.parts },
      engine,
    );
    if (size <= least * (isPlanes ? XOR_ADVANTAGE : 1))
      return { kind: RECORD_KINDS.xor, elements, base: sample.base.digest };
  }
  return best;
}

interface Trial {
  readonly kind: number;
  readonly elements: ElementLayout;
  readonly base: readonly Uint8Array[] | undefined;
}

async function codedSize(
  parts: readonly Uint8Array[],
  { kind, elements, base }: Trial,
  engine: Engine,
): Promise<number> {
  let size = 0;
  for (const [index, bytes] of parts.entries())
    size += (await engine.encode({ kind, elements, bytes, base: base?.[index] })).length;
  return size;
}
