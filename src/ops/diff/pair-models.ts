import type { Manifest } from '../../store/manifest/manifest.ts';
import {
  countTensors,
  isPlainText,
  NO_TENSORS,
  pairTexts,
  type TensorLines,
} from '../../store/manifest/pair-texts.ts';
import { readManifestLines } from '../../store/manifest/read-lines.ts';
import { parseManifest } from '../../store/manifest/read-manifest.ts';
import { pairTensors } from './pair-tensors.ts';

/** The tensors of two versions of a model, in pairs; how many pairs there are at least. */
export interface ModelPairs {
  readonly total: number;
  readonly pairs: Iterable<TensorLines>;
}

/** Pairs the tensors of two manifests by name, in their order. Undefined: there is no such version. Errors: `MANIFEST_CORRUPT`. */
export function pairModels(before: Uint8Array | undefined, after: Uint8Array | undefined): ModelPairs {
  const texts = [before ?? NO_TENSORS, after ?? NO_TENSORS] as const;
  if (texts.every(isPlainText))
    return { total: Math.max(...texts.map(countTensors)), pairs: pairTexts(...texts) };
  const [left, right] = [before && parseManifest(before), after && parseManifest(after)];
  const total = Math.max(left?.tensors.length ?? 0, right?.tensors.length ?? 0);
  return { total, pairs: parsedPairs(left, right) };
}

function* parsedPairs(before: Manifest | undefined, after: Manifest | undefined): Generator<TensorLines> {
  for (const pair of pairTensors(before, after)) yield { same: false, ...pair };
}

/** Whether the bytes outside tensors are the same: header, padding, order of tensors. */
export function isSameSkeleton(before: Uint8Array | undefined, after: Uint8Array | undefined): boolean {
  return skeletonOf(before) === skeletonOf(after);
}

function skeletonOf(manifest: Uint8Array | undefined): string {
  const digests: string[] = [];
  for (const line of manifest ? readManifestLines(manifest) : []) {
    if (line.kind === 'skeleton') digests.push(line.digest);
    else if (line.kind !== 'format' && line.kind !== 'size') break;
  }
  return digests.join();
}
