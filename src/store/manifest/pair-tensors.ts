import { alignLines } from './align-lines.ts';
import type { Manifest, ManifestTensor } from './manifest.ts';

/** The versions of one tensor, of which at least one is there; `same` where their lines are equal, which are then not even read. */
export type TensorPair = { readonly same: true; readonly name: string } | DifferingPair;

/** Versions whose lines differ, or of which one is not there. */
export type DifferingPair = { readonly same: false; readonly name: string } & TensorVersions;

/** What became of one tensor. */
export interface TensorVersions {
  readonly before: ManifestTensor | undefined;
  readonly after: ManifestTensor | undefined;
}

/**
 * Pairs the tensors of two versions of a model by name, in the order of manifests, with as little work as they differ; holds one pair at a
 * time. An absent version has no tensors. Errors: `MANIFEST_CORRUPT` for what is read.
 */
export function* pairTensors(
  before: Manifest | undefined,
  after: Manifest | undefined,
): Generator<TensorPair> {
  for (const { positions, isSame } of alignLines([before, after])) {
    const [left, right] = positions;
    if (isSame && before && left !== undefined) yield sameAt(before, left);
    else yield pairOf(tensorAt(before, left), tensorAt(after, right));
  }
}

/** The pairs of tensors whose lines differ. Errors: as {@link pairTensors}. */
export function* differingPairs(
  before: Manifest | undefined,
  after: Manifest | undefined,
): Generator<DifferingPair> {
  for (const { positions, isSame } of alignLines([before, after], { passOver: true })) {
    const [left, right] = positions;
    if (!isSame) yield pairOf(tensorAt(before, left), tensorAt(after, right));
  }
}

/** Of most tensors nobody asks for the name. */
function sameAt(manifest: Manifest, position: number): TensorPair {
  return {
    same: true,
    get name() {
      return manifest.nameAt(position);
    },
  };
}

function tensorAt(manifest: Manifest | undefined, position: number | undefined): ManifestTensor | undefined {
  return position === undefined ? undefined : manifest?.tensors.at(position);
}

function pairOf(before: ManifestTensor | undefined, after: ManifestTensor | undefined): DifferingPair {
  const { name } = (before ?? after) as ManifestTensor;
  return { same: false, name, before, after };
}
