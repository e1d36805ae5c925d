import { createHash } from 'node:crypto';
import { MgitError } from '../../src/base/errors.ts';
import { type Digest, parseDigest } from '../../src/base/ids.ts';
import type { CheckpointLayout } from '../../src/formats/checkpoint.ts';
import type { Manifest } from '../../src/store/manifest/manifest.ts';
import { manifestOf } from '../../src/store/manifest/manifest-of.ts';
import type { EvaluateRecipe, Recipe } from '../../src/store/packs/records.ts';
import type { StoreWriter, TensorStore } from '../../src/store/tensor-store.ts';

/** The part of a store that merges use, in memory. Recipes are recomputed at every read. */
export interface MemoryStore {
  readonly store: TensorStore;
  readonly recipes: ReadonlyMap<Digest, Recipe>;
  readonly extents: ReadonlyMap<Digest, Uint8Array>;
  /** Stores a whole file and gives its manifest. */
  add(file: Uint8Array, layout: CheckpointLayout): Manifest;
  /** The bytes of a file. */
  restore(manifest: Manifest): Promise<Uint8Array>;
}

/** The SHA-256 of some bytes. */
export function digestOf(bytes: Uint8Array): Digest {
  return parseDigest(createHash('sha256').update(bytes).digest('hex'));
}

/** Makes an empty store. */
export function memoryStore(evaluate: EvaluateRecipe): MemoryStore {
  const extents = new Map<Digest, Uint8Array>();
  const recipes = new Map<Digest, Recipe>();

  const whole = async (digest: Digest): Promise<Uint8Array> => {
    const bytes = extents.get(digest);
    if (bytes) return bytes;
    const recipe = recipes.get(digest);
    if (!recipe) throw new MgitError('EXTENT_MISSING', `extent ${digest} is missing`);
    const slices: Uint8Array[] = [];
    const read = async (index: number, offset: number, length: number) =>
      (await whole(recipe.inputs[index]?.digest as Digest)).subarray(offset, offset + length);
    for await (const slice of evaluate(recipe, read)) slices.push(slice.slice());
    return Buffer.concat(slices);
  };

  const writer = (): StoreWriter => ({
    addExtent: async bytes => {
      const slices: Uint8Array[] = [];
      for await (const slice of bytes) slices.push(slice.slice());
      const joined = Buffer.concat(slices);
      extents.set(digestOf(joined), joined);
      return digestOf(joined);
    },
    addPredicted: async () => {
      throw new Error('the store in memory makes no predictions');
    },
    affords: async () => true,
    addRecipe: async (digest, recipe) => void recipes.set(digest, recipe),
    finish: async () => [],
    abort: async () => {},
  });

  const partial: Partial<TensorStore> = {
    writer,
    async *read(digest, range) {
      const bytes = await whole(digest);
      yield range ? bytes.subarray(range.offset, range.offset + range.length) : bytes;
    },
  };
  return {
    store: partial as TensorStore,
    recipes,
    extents,
    add: (file, layout) => {
      const digests = layout.extents.map(({ offset, length }) => {
        const bytes = file.slice(offset, offset + length);
        extents.set(digestOf(bytes), bytes);
        return digestOf(bytes);
      });
      return manifestOf(layout, digests);
    },
    restore: async manifest => Buffer.concat(await Promise.all(manifest.extents.map(e => whole(e.digest)))),
  };
}
