import { freeMemory } from '../../base/free-memory.ts';
import { isDense, viewSpan } from '../../tensor/view-span.ts';
import type { Manifest, ManifestExtent, ManifestTensor } from './manifest.ts';
import { compareUtf8, escapeName } from './name-text.ts';

/** The first two lines of every manifest; the second is for people. */
export const MANIFEST_HEAD = [
  'mgit manifest 1',
  '# The identity of a model file tracked by mgit; "mgit restore <path>" writes the file itself.',
] as const;

/** Lines that are joined and encoded at a time. */
const LINES_TOGETHER = 4096;

/** The canonical text of a manifest (`docs/format.md`), in UTF-8. The same manifest always gives the same bytes. */
export function manifestText(manifest: Manifest): Uint8Array {
  const parts: Uint8Array[] = [];
  let lines: string[] = [];
  const flush = (): void => {
    parts.push(Buffer.from(`${lines.join('\n')}\n`, 'utf8'));
    lines = [];
  };
  for (const line of manifestLines(manifest)) if (lines.push(line) === LINES_TOGETHER) flush();
  if (lines.length > 0) flush();
  return joinAndFree(parts);
}

/** The parts go one by one, so that a long text is not held twice. */
function joinAndFree(parts: readonly Uint8Array[]): Uint8Array {
  const text = Buffer.allocUnsafeSlow(parts.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const part of parts) {
    text.set(part, at);
    at += part.length;
    freeMemory(part);
  }
  return text;
}

/** The lines of {@link manifestText}, without their line feeds. */
export function* manifestLines(manifest: Manifest): Generator<string> {
  const alone = tensorsAlone(manifest);
  yield* MANIFEST_HEAD;
  yield `format ${manifest.format}`;
  yield `size ${manifest.size}`;
  for (const extent of manifest.extents) if (extent.role === 'skeleton') yield `skeleton ${spanText(extent)}`;
  for (const extent of manifest.extents)
    if (extent.role === 'tensor' && !alone.has(extent)) yield `extent ${spanText(extent)}`;
  const named = manifest.tensors.map(tensor => ({ tensor, name: escapeName(tensor.name) }));
  named.sort((left, right) => compareUtf8(left.name, right.name));
  for (const { tensor, name } of named)
    yield alone.get(tensor.extent) === tensor ? tensorText(name, tensor) : viewText(name, tensor);
}

/** True for a view that has its extent's whole bytes in the plain layout, so that one line can say both. */
export function fillsExtent(tensor: ManifestTensor): boolean {
  const { extent } = tensor;
  return (
    tensor.byteOrder === 'little' &&
    isDense(tensor) &&
    tensor.offset === extent.offset &&
    viewSpan(tensor) === extent.length
  );
}

/** The extents that one `tensor` line says, with that tensor: exactly one view, which fills the extent. */
function tensorsAlone(manifest: Manifest): ReadonlyMap<ManifestExtent, ManifestTensor> {
  const alone = new Map<ManifestExtent, ManifestTensor>();
  const shared = new Set<ManifestExtent>();
  for (const tensor of manifest.tensors) {
    if (alone.has(tensor.extent) || !fillsExtent(tensor)) shared.add(tensor.extent);
    alone.set(tensor.extent, tensor);
  }
  for (const extent of shared) alone.delete(extent);
  return alone;
}

function spanText(extent: ManifestExtent): string {
  return `${extent.offset} ${extent.length} ${extent.digest}`;
}

function tensorText(name: string, { dtype, shape, extent }: ManifestTensor): string {
  return `tensor ${name} ${dtype} [${shape}] ${spanText(extent)}`;
}

function viewText(name: string, tensor: ManifestTensor): string {
  const strides = tensor.strides === undefined || isDense(tensor) ? '-' : `[${tensor.strides}]`;
  return `view ${name} ${tensor.dtype} [${tensor.shape}] ${strides} ${tensor.offset} ${tensor.byteOrder}`;
}
