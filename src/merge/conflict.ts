import type { ManifestTensor } from '../store/manifest/manifest.ts';

/** One way out of a conflict: whose version stands. `remove` where that side has none. */
export type Side = 'ours' | 'theirs' | 'base';

/** What one side has, for a person and for `--json`. Null where it has no such tensor. */
export type SideOfConflict = {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly digest: string;
} | null;

/** Why a tensor could not be merged. */
export type TensorConflictReason =
  | 'modify-delete'
  | 'added-differently'
  | 'dtype-differs'
  | 'shape-differs'
  | 'not-a-float'
  | 'base-needed'
  | 'shared-storage'
  | 'changed-on-both';

/** A tensor whose merge needs a decision: a value that is recorded, not an exception. */
export interface TensorConflict {
  readonly name: string;
  readonly reason: TensorConflictReason;
  readonly message: string;
  readonly base: SideOfConflict;
  /** In the order of the revisions, ours first. */
  readonly models: readonly SideOfConflict[];
  /** The sides that may be taken. */
  readonly resolutions: readonly Side[];
}

const MESSAGES: Readonly<Record<TensorConflictReason, string>> = {
  'modify-delete': 'changed on one side and removed on another',
  'added-differently': 'added on both sides with different values, so there is no base to merge from',
  'dtype-differs': 'changed on both sides, with different dtypes',
  'shape-differs': 'changed on both sides, with different shapes',
  'not-a-float': 'changed on both sides, with a dtype that has no average',
  'base-needed': 'the method needs the tensor of the merge base in the same dtype and shape',
  'shared-storage': 'changed on both sides, and it shares its bytes with other tensors',
  'changed-on-both': 'changed on both sides',
};

/** Makes the conflict of a tensor from its versions. */
export function tensorConflict(
  reason: TensorConflictReason,
  versions: {
    readonly name: string;
    readonly base: ManifestTensor | undefined;
    readonly models: readonly (ManifestTensor | undefined)[];
  },
): TensorConflict {
  return {
    name: versions.name,
    reason,
    message: MESSAGES[reason],
    base: sideOf(versions.base),
    models: versions.models.map(sideOf),
    resolutions: versions.models.length === 2 ? ['ours', 'theirs', 'base'] : ['ours', 'base'],
  };
}

function sideOf(tensor: ManifestTensor | undefined): SideOfConflict {
  if (tensor === undefined) return null;
  return { dtype: tensor.dtype, shape: tensor.shape, digest: tensor.extent.digest };
}
