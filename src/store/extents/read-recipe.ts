import { MgitError } from '../../base/errors.ts';
import type { Digest } from '../../base/ids.ts';
import { FRAME_BYTES } from '../packs/limits.ts';
import type { PackEntry } from '../packs/pack-index.ts';
import { decodeRecipe } from '../packs/recipe-parameters.ts';
import type { ReadRecipeInput, Recipe } from '../packs/records.ts';
import type { BufferPool } from './buffer-pool.ts';
import { type ExactReader, exactReader } from './exact-reader.ts';
import { type ExtentRange, type ReadContext, readExtent } from './read-extent.ts';

/** Recomputes part of an extent. Errors: `RECIPE_INVALID` when the result is not as long as the record says. */
export async function* readRecipe(
  entry: PackEntry,
  range: ExtentRange,
  context: ReadContext,
): AsyncGenerator<Uint8Array> {
  const recipe = decodeRecipe(entry.parameters);
  if (recipe.length !== entry.length || entry.segmentSpan !== entry.length)
    throw new MgitError('RECIPE_INVALID', `the recipe of ${entry.digest} has another length than its record`);
  const inputs = recipeInputs(recipe, {
    ...context,
    depth: context.depth + 1,
  });
  try {
    const slices = context.evaluateRecipe(recipe, inputs.read, context.signal);
    yield* inFrames(
      exactRange(recipe, slices, { ...range, digest: entry.digest }),
      range.length,
      context.buffers,
    );
  } finally {
    await inputs.close();
  }
}

/** The part of a computed extent that lies in the range. A result that is read to its end must have the recipe's length. */
async function* exactRange(
  recipe: Recipe,
  slices: AsyncIterable<Uint8Array>,
  { offset, length, digest }: ExtentRange & { readonly digest: string },
): AsyncGenerator<Uint8Array> {
  const end = offset + length;
  let position = 0;
  for await (const slice of slices) {
    const [from, to] = [Math.max(0, offset - position), Math.min(slice.length, end - position)];
    if (from < to) yield slice.subarray(from, to);
    position += slice.length;
    if (position >= end && end < recipe.length) return;
    if (position > recipe.length) break;
  }
  if (position !== recipe.length)
    throw new MgitError('RECIPE_INVALID', `the recipe of ${digest} does not give its length`);
}

/** The same bytes in frames of `buffers`: a bounded pool makes the calculation wait for whoever uses its results. */
async function* inFrames(
  slices: AsyncIterable<Uint8Array>,
  length: number,
  buffers: BufferPool,
): AsyncGenerator<Uint8Array> {
  let left = length;
  let used = 0;
  let frame: Uint8Array | undefined;
  try {
    for await (const slice of slices) {
      for (let at = 0; at < slice.length; ) {
        frame ??= await buffers.acquire(Math.min(FRAME_BYTES, left));
        const part = slice.subarray(at, at + frame.length - used);
        frame.set(part, used);
        at += part.length;
        used += part.length;
        if (used < frame.length) continue;
        const full = frame;
        left -= used;
        used = 0;
        frame = undefined;
        yield full;
      }
    }
  } finally {
    if (frame) buffers.release(frame);
  }
}

/** An input, read on from `position`. */
interface Cursor {
  readonly reader: ExactReader;
  readonly close: () => Promise<void>;
  position: number;
}

/** An input in borrowed buffers, shared with the threads that decode. */
function openCursor(digest: Digest, range: ExtentRange, context: ReadContext): Cursor {
  const loan = context.loans.borrow();
  const reader = exactReader(readExtent(digest, range, { ...context, ...loan }), loan.buffers);
  return {
    reader,
    position: range.offset,
    close: async () => {
      await reader.close();
      context.loans.giveBack(loan);
    },
  };
}

/** Inputs are mostly read in order: a cursor per input keeps a computed one from being recomputed for every slice. */
function recipeInputs(
  recipe: Recipe,
  context: ReadContext,
): { readonly read: ReadRecipeInput; readonly close: () => Promise<void> } {
  const cursors = new Map<number, Cursor>();
  return {
    read: async (index, offset, length, target = Buffer.allocUnsafeSlow(length)) => {
      const input = recipe.inputs[index];
      if (!input || offset + length > input.length)
        throw new MgitError('RECIPE_INVALID', `a recipe reads outside its input ${index}`);
      let cursor = cursors.get(index);
      if (cursor?.position !== offset) {
        await cursor?.close();
        cursor = openCursor(input.digest, { offset, length: input.length - offset }, context);
        cursors.set(index, cursor);
      }
      cursor.position += length;
      return cursor.reader.fill(target.subarray(0, length));
    },
    close: async () => {
      for (const cursor of cursors.values()) await cursor.close();
    },
  };
}
