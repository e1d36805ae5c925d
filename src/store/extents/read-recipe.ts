import { MgitError } from '../../base/errors.ts';
import { FRAME_BYTES } from '../packs/limits.ts';
import type { PackEntry } from '../packs/pack-index.ts';
import { decodeRecipe } from '../packs/recipe-parameters.ts';
import type { ReadRecipeInput, Recipe } from '../packs/records.ts';
import { freshBuffers } from './buffer-pool.ts';
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
    buffers: freshBuffers,
    baseBuffers: freshBuffers,
    depth: context.depth + 1,
  });
  const end = range.offset + range.length;
  let position = 0;
  try {
    for await (const slice of context.evaluateRecipe(recipe, inputs.read, context.signal)) {
      const from = Math.max(0, range.offset - position);
      const to = Math.min(slice.length, end - position);
      for (let at = from; at < to; at += FRAME_BYTES)
        yield slice.subarray(at, Math.min(to, at + FRAME_BYTES));
      position += slice.length;
      if (position >= end && end < recipe.length) return;
      if (position > recipe.length) break;
    }
  } finally {
    await inputs.close();
  }
  if (position !== recipe.length)
    throw new MgitError('RECIPE_INVALID', `the recipe of ${entry.digest} does not give its length`);
}

interface Cursor {
  readonly reader: ExactReader;
  position: number;
}

/** Inputs are mostly read in order: a cursor per input keeps a computed one from being recomputed for every slice. */
function recipeInputs(
  recipe: Recipe,
  context: ReadContext,
): { readonly read: ReadRecipeInput; readonly close: () => Promise<void> } {
  const cursors = new Map<number, Cursor>();
  return {
    read: async (index, offset, length) => {
      const input = recipe.inputs[index];
      if (!input || offset + length > input.length)
        throw new MgitError('RECIPE_INVALID', `a recipe reads outside its input ${index}`);
      let cursor = cursors.get(index);
      if (cursor?.position !== offset) {
        await cursor?.reader.close();
        const rest = { offset, length: input.length - offset };
        cursor = { reader: exactReader(readExtent(input.digest, rest, context)), position: offset };
        cursors.set(index, cursor);
      }
      cursor.position += length;
      return cursor.reader.take(length);
    },
    close: async () => {
      for (const { reader } of cursors.values()) await reader.close();
    },
  };
}
