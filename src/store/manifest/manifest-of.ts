import { MgitError } from '../../base/errors.ts';
import type { Digest } from '../../base/ids.ts';
import type { CheckpointLayout, TensorView } from '../../formats/checkpoint.ts';
import { isDense, viewSpan } from '../../tensor/view-span.ts';
import { coverageGap } from './coverage.ts';
import { findExtent } from './find-extent.ts';
import type { Manifest, ManifestExtent, ManifestTensor } from './manifest.ts';
import { compareUtf8, escapeName } from './name-text.ts';

/**
 * The manifest of a file from its layout and the digests of the layout's extents, in their order. Errors:
 * `LAYOUT_INVALID` when the extents do not cover the file, a view lies outside them, or a name occurs twice.
 */
export function manifestOf(layout: CheckpointLayout, digests: readonly Digest[]): Manifest {
  const extents = layout.extents.map((span, index) => ({ ...span, digest: digestAt(digests, index) }));
  checkCoverage(extents, layout.size);
  const tensors = layout.tensors.map(view => manifestTensor(view, extents));
  const named = tensors.map(tensor => ({ tensor, name: escapeName(tensor.name) }));
  named.sort((left, right) => compareUtf8(left.name, right.name));
  named.forEach(({ name }, index) => {
    if (named[index - 1]?.name === name)
      throw new MgitError('LAYOUT_INVALID', `two tensors have the name ${name}`);
  });
  return { format: layout.format, size: layout.size, extents, tensors: named.map(({ tensor }) => tensor) };
}

function manifestTensor(view: TensorView, extents: readonly ManifestExtent[]): ManifestTensor {
  const extent = findExtent(extents, view.offset, viewSpan(view));
  if (!extent)
    throw new MgitError('LAYOUT_INVALID', `tensor ${escapeName(view.name)} lies outside the file's data`);
  const { strides, ...dense } = view;
  return { ...(strides === undefined || isDense(view) ? dense : view), extent }; // As it is read from the text.
}

function digestAt(digests: readonly Digest[], index: number): Digest {
  const digest = digests[index];
  if (digest === undefined) throw new MgitError('LAYOUT_INVALID', `extent ${index} has no digest`);
  return digest;
}

function checkCoverage(extents: readonly ManifestExtent[], size: number): void {
  const gap = coverageGap(extents, size);
  if (gap !== undefined)
    throw new MgitError('LAYOUT_INVALID', `extents leave or repeat bytes of the file at offset ${gap}`);
}
