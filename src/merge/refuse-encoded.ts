import { createHash } from 'node:crypto';
import { MgitError } from '../base/errors.ts';
import { encodedTensors } from '../formats/registry.ts';
import type { Manifest } from '../store/manifest/manifest.ts';
import { storedBytes } from '../store/stored-bytes.ts';
import type { TensorStore } from '../store/tensor-store.ts';
import { skeletonKey } from './layout.ts';

/**
 * Refuses a merge that would lose what another side changed in tensors whose elements do not lie in the file as they are (compressed, varints): they are part of
 * the skeleton, of which only one side's can be kept. Errors: `MERGE_LAYOUT_UNSUPPORTED`, naming the tensor.
 */
export async function refuseEncoded(
  base: Manifest | undefined,
  [ours, ...theirs]: readonly Manifest[],
  store: Pick<TensorStore, 'read'>,
): Promise<void> {
  const origin = base && skeletonKey(base);
  if (!ours || skeletonKey(ours) === origin) return;
  for (const model of theirs) {
    if (skeletonKey(model) === origin || skeletonKey(model) === skeletonKey(ours)) continue;
    const [before, kept] = [base ? await identities(base, store) : new Map(), await identities(ours, store)];
    for (const [name, identity] of await identities(model, store))
      if (identity !== before.get(name) && identity !== kept.get(name)) throw lost(name);
  }
}

/** Tensors by name, with what tells one value from another. */
async function identities(
  manifest: Manifest,
  store: Pick<TensorStore, 'read'>,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const tensor of await encodedTensors(manifest.format, storedBytes(store, manifest))) {
    const hash = createHash('sha256').update(
      `${tensor.dtype} ${tensor.shape} ${tensor.strides} ${tensor.byteOrder}`,
    );
    if (tensor.external === undefined) for await (const slice of tensor.span()) hash.update(slice);
    found.set(tensor.name, hash.digest('hex'));
  }
  return found;
}

function lost(name: string): MgitError {
  return new MgitError(
    'MERGE_LAYOUT_UNSUPPORTED',
    `tensor ${name} was changed on both sides' files, and its elements are compressed or lie in the file as varints`,
    { hint: 'convert the models with "mgit export" to safetensors, or take one side with -s ours or theirs' },
  );
}
