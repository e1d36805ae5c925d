import { MgitError } from '../../base/errors.ts';
import type { Digest, PackId } from '../../base/ids.ts';
import { FRAME_BYTES } from '../packs/limits.ts';
import { encodeRecipe } from '../packs/recipe-parameters.ts';
import { RECORD_KINDS, type Recipe } from '../packs/records.ts';
import type { AddExtentOptions, CodingPolicy, StoreWriter } from '../tensor-store.ts';
import { addPredicted } from './add-predicted.ts';
import { type ChainCost, chainCost, costAbove, extentMissing, isAffordable } from './chain.ts';
import { chooseCoding, SHORTEST_CODED, samplePlaces } from './choose-coding.ts';
import { type Coding, layoutsFor, RAW_CODING } from './coding.ts';
import { EMPTY_DIGEST } from './empty-extent.ts';
import { framesUnderWay } from './engine.ts';
import { exactReader } from './exact-reader.ts';
import { createFrameLine } from './frame-line.ts';
import type { WriteSession } from './session.ts';
import { taskGroup } from './task-group.ts';
import { recordExtent } from './write-extent.ts';

/** A writer over a session. */
export function createStoreWriter(session: WriteSession, policy: CodingPolicy): StoreWriter {
  return {
    addExtent: (bytes, length, options = {}) => addExtent({ bytes, length, policy, ...options }, session),
    addPredicted: (tensor, options = {}) =>
      addPredicted(tensor, {
        ...options,
        session,
        addBytes: (bytes, length) => addExtent({ bytes, length, policy, dtype: tensor.dtype }, session),
      }),
    affords: recipe => affords(recipe, session),
    addRecipe: (digest, recipe) => addRecipe({ digest, recipe }, session),
    finish: (): Promise<readonly PackId[]> => session.finish(),
    abort: () => session.packs.abort(),
  };
}

interface NewExtent extends AddExtentOptions {
  readonly bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  readonly length: number;
  readonly policy: CodingPolicy;
}

/** Writes while it hashes, since a stream cannot be read again; what turns out to be stored already is given back. */
async function addExtent(
  { bytes, length, policy, dtype }: NewExtent,
  session: WriteSession,
): Promise<Digest> {
  const reader = exactReader(bytes);
  const hasher = session.engine.hasher();
  const tasks = taskGroup(framesUnderWay(session.engine));
  let coding = RAW_CODING;
  let line = createFrameLine(coding, session);
  try {
    for (let at = 0; at < length; at += FRAME_BYTES) {
      const frame = await copyOf(await reader.take(Math.min(FRAME_BYTES, length - at)), session);
      if (at === 0 && policy === 'auto') {
        coding = await sampleFirst(frame, dtype, session);
        line = createFrameLine(coding, session);
      }
      await tasks.start(line.push(frame, hasher).finally(() => session.buffers.release(frame)));
    }
    await expectEnd(reader.isAtEnd);
  } finally {
    await reader.close();
    await tasks.settled();
  }
  const digest = await hasher.digest();
  if (await session.claim(digest)) recordExtent({ digest, length, coding, frames: line.frames }, session);
  else session.packs.release(line.frames);
  return length === 0 ? EMPTY_DIGEST : digest;
}

/** The caller may reuse its slices, and threads see the pool's buffers without another copy. */
async function copyOf(bytes: Uint8Array, session: WriteSession): Promise<Uint8Array> {
  const buffer = await session.buffers.acquire(bytes.length);
  buffer.set(bytes);
  return buffer;
}

async function sampleFirst(
  frame: Uint8Array,
  dtype: AddExtentOptions['dtype'],
  session: WriteSession,
): Promise<Coding> {
  if (frame.length < SHORTEST_CODED) return RAW_CODING;
  const parts = samplePlaces(frame.length).map(({ offset, length }) =>
    frame.subarray(offset, offset + length),
  );
  return chooseCoding({ parts, layouts: layoutsFor(dtype), base: undefined }, session.engine);
}

async function expectEnd(isAtEnd: () => Promise<boolean>): Promise<void> {
  if (!(await isAtEnd()))
    throw new MgitError('EXTENT_LENGTH', 'an extent has more bytes than its length says');
}

async function affords(recipe: Recipe, session: WriteSession): Promise<boolean> {
  const below: ChainCost[] = [];
  for (const input of new Set(recipe.inputs.map(({ digest }) => digest))) {
    if (!(await session.keeps(input))) throw extentMissing(input);
    below.push(await chainCost(input, session.lookup));
  }
  return isAffordable(recipe.length, costAbove(recipe.length, below));
}

async function addRecipe(
  { digest, recipe }: { readonly digest: Digest; readonly recipe: Recipe },
  session: WriteSession,
): Promise<void> {
  if (!(await affords(recipe, session)))
    throw new MgitError('RECORD_TOO_DEEP', 'the inputs of this recipe need too many other records', {
      hint: 'Store the result itself.',
    });
  if (!(await session.claim(digest))) return;
  session.record({
    digest,
    length: recipe.length,
    kind: RECORD_KINDS.recipe,
    elementSize: 1,
    flags: 0,
    parameters: encodeRecipe(recipe),
    frames: [],
  });
}
