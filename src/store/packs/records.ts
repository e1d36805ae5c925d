import type { JsonValue } from '../../base/canonical-json.ts';
import type { Digest, PackId } from '../../base/ids.ts';

/** How the bytes of one extent are obtained. Numbers are those of the pack index (`docs/format.md`). */
export const RECORD_KINDS = { raw: 1, planes: 2, xor: 3, sparse: 4, lowRank: 5, ia3: 6, recipe: 7 } as const;
export type RecordKind = keyof typeof RECORD_KINDS;

/**
 * The parameters of a recipe record: an extent that frozen kernels recompute from other extents. `inputs` are the extents it
 * reads, in the order that `parameters` refer to. `kernels` is the version of the numerics, which never change once released.
 */
export interface Recipe {
  readonly method: string;
  readonly kernels: number;
  readonly dtype: string;
  /** Bytes of the result. */
  readonly length: number;
  readonly inputs: readonly { readonly digest: Digest; readonly dtype: string; readonly length: number }[];
  readonly parameters: { readonly [key: string]: JsonValue };
}

/** Reads `length` bytes of input `index` from `offset`: into `target`, if there is one, else into memory of their own. */
export type ReadRecipeInput = (
  index: number,
  offset: number,
  length: number,
  target?: Uint8Array,
) => Promise<Uint8Array>;

/**
 * Recomputes recipes; given to the store by the layers above, which own the methods. Yields the result in order, in slices of any
 * size, each of which is there until the next is asked for. Errors: `RECIPE_UNSUPPORTED` for a method or kernel version it does not know, `RECIPE_INVALID`.
 */
export type EvaluateRecipe = (
  recipe: Recipe,
  read: ReadRecipeInput,
  signal?: AbortSignal,
) => AsyncIterable<Uint8Array>;

/** What the store knows of one extent. */
export interface ExtentInfo {
  readonly digest: Digest;
  readonly length: number;
  readonly kind: RecordKind;
  /** Bytes that the record takes in its packs, index entries excluded. */
  readonly storedLength: number;
  readonly packs: readonly PackId[];
  /** The extents that must be present to obtain this one: an XOR's base, a recipe's inputs. */
  readonly dependsOn: readonly Digest[];
}
