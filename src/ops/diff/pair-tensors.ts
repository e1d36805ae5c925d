import type { Manifest, ManifestTensor } from '../../store/manifest/manifest.ts';
import { compareUtf8, escapeName } from '../../store/manifest/name-text.ts';

/** The versions of one tensor: at least one is there. */
export interface TensorPair {
  readonly name: string;
  readonly before: ManifestTensor | undefined;
  readonly after: ManifestTensor | undefined;
}

/** Pairs the tensors of two versions of a model by name, in the order of manifests; holds one pair at a time. */
export function* pairTensors(
  before: Manifest | undefined,
  after: Manifest | undefined,
): Generator<TensorPair> {
  const left = before?.tensors ?? [];
  const right = after?.tensors ?? [];
  let [i, j] = [0, 0];
  for (let l = left[i], r = right[j]; l || r; l = left[i], r = right[j]) {
    const order = compareNames(l, r);
    yield {
      name: ((order <= 0 ? l : r) as ManifestTensor).name,
      before: order <= 0 ? l : undefined,
      after: order >= 0 ? r : undefined,
    };
    if (order <= 0) i++;
    if (order >= 0) j++;
  }
}

/** Past its end a list holds the greatest name. */
function compareNames(left: ManifestTensor | undefined, right: ManifestTensor | undefined): number {
  if (!left) return 1;
  if (!right) return -1;
  return left.name === right.name ? 0 : compareUtf8(escapeName(left.name), escapeName(right.name));
}
