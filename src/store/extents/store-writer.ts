import { MgitError } from '../../base/errors.ts';
import type { Digest, PackId } from '../../base/ids.ts';
import { FRAME_BYTES } from '../packs/limits.ts';
import { encodeRecipe } from '../packs/recipe-parameters.ts';
import { RECORD_KINDS, type Recipe } from '../packs/records.ts';
import type { AddExtentOptions, CodingPolicy, StoreWriter } from '../tensor-store.ts';
import { chainCost, costAbove, isAffordable } from './chain.ts';
import { chooseCoding, samplePlaces } from './choose-coding.ts';
import { type Coding, layoutsFor, RAW_CODING } from './coding.ts';
import { EMPTY_DIGEST } from './empty-extent.ts';
import type { StreamHasher } from './engine.ts';
import { type ExactReader, exactReader } from './exact-reader.ts';
import type { WriteSession } from './session.ts';
import { addWritten, writeFrames } from './write-extent.ts';

/** A writer over a session. */
export function createStoreWriter(session: WriteSession, coding: CodingPolicy): StoreWriter {
  return {
    addExtent: (bytes, length, options = {}) => addExtent({ bytes, length, coding, ...options }, session),
    addRecipe: (digest, recipe) => addRecipe({ digest, recipe }, session),
    finish: (): Promise<readonly PackId[]> => session.finish(),
    abort: () => session.packs.abort(),
  };
}

interface NewExtent extends AddExtentOptions {
  readonly bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  readonly length: number;
  readonly coding: CodingPolicy;
}

/** Writes while it hashes, since a stream cannot be read again; what turns out to be stored already is given back. */
async function addExtent(extent: NewExtent, session: WriteSession): Promise<Digest> {
  const reader = exactReader(extent.bytes);
  const hasher = session.engine.hasher();
  const first = await reader.take(Math.min(FRAME_BYTES, extent.length));
  const coding = extent.coding === 'raw' ? RAW_CODING : await sampleFirst(first, extent, session);
  const hashed = hashing({ first, reader, hasher });
  const written = await writeFrames(hashed, { length: extent.length, coding }, session);
  await expectEnd(reader);
  if (extent.length === 0) return EMPTY_DIGEST;
  const digest = await hasher.digest();
  await addWritten(digest, written, session);
  return digest;
}

async function sampleFirst(first: Uint8Array, extent: NewExtent, session: WriteSession): Promise<Coding> {
  const parts = samplePlaces(first.length).map(place =>
    first.subarray(place.offset, place.offset + place.length),
  );
  return chooseCoding({ parts, layouts: layoutsFor(extent.dtype), base: undefined }, session.engine);
}

/** Passes the first frame and the rest on, through the hasher. */
function hashing({
  first,
  reader,
  hasher,
}: {
  readonly first: Uint8Array;
  readonly reader: ExactReader;
  readonly hasher: StreamHasher;
}): ExactReader {
  let isFirst = true;
  return {
    isAtEnd: reader.isAtEnd,
    take: async length => {
      const bytes = isFirst ? first : await reader.take(length);
      isFirst = false;
      await hasher.update(bytes);
      return bytes;
    },
    close: reader.close,
  };
}

async function expectEnd(reader: ExactReader): Promise<void> {
  const isAtEnd = await reader.isAtEnd();
  if (isAtEnd) return;
  await reader.close();
  throw new MgitError('EXTENT_LENGTH', 'an extent has more bytes than its length says');
}

async function addRecipe(
  { digest, recipe }: { readonly digest: Digest; readonly recipe: Recipe },
  session: WriteSession,
): Promise<void> {
  if (await session.has(digest)) return;
  const below = [];
  for (const input of new Set(recipe.inputs.map(({ digest }) => digest)))
    below.push(await chainCost(input, session.lookup));
  if (!isAffordable(recipe.length, costAbove(recipe.length, below)))
    throw new MgitError('RECORD_TOO_DEEP', 'the inputs of this recipe need too many other records', {
      hint: 'Store the result itself.',
    });
  await session.add({
    digest,
    length: recipe.length,
    kind: RECORD_KINDS.recipe,
    elementSize: 1,
    flags: 0,
    parameters: encodeRecipe(recipe),
    frames: [],
  });
}
