import { counted } from '../../base/counted.ts';
import { isSameTensor } from '../../merge/same-tensor.ts';
import type { Manifest } from '../../store/manifest/manifest.ts';
import { differingPairs } from '../../store/manifest/pair-tensors.ts';

/** How the tensors of one model moved between two versions, judged by identity alone. */
export interface ModelChange {
  readonly tensors: number;
  readonly changed: number;
  readonly added: number;
  readonly removed: number;
}

/** Compares two manifests; no tensor byte is read. `before` or `after` undefined: the model is new or gone. Errors: `MANIFEST_CORRUPT`. */
export function modelChange(before: Manifest | undefined, after: Manifest | undefined): ModelChange {
  const tensors = (after ?? before)?.tensors.length ?? 0;
  if (!before || !after)
    return { tensors, changed: 0, added: after ? tensors : 0, removed: before ? tensors : 0 };
  const change = { tensors, changed: 0, added: 0, removed: 0 };
  for (const pair of differingPairs(before, after)) {
    if (!pair.before) change.added++;
    else if (!pair.after) change.removed++;
    else if (!isSameTensor(pair.before, pair.after)) change.changed++;
  }
  return change;
}

/** "3 of 12 tensors changed, 1 added". */
export function describeModelChange(change: ModelChange): string {
  const { tensors, changed, added, removed } = change;
  if (added === tensors && removed === 0) return `${counted(tensors, 'tensor')}, all new`;
  const parts = [
    changed > 0 ? `${changed} of ${counted(tensors, 'tensor')} changed` : '',
    added > 0 ? `${added} added` : '',
    removed > 0 ? `${removed} removed` : '',
  ].filter(part => part !== '');
  return parts.length === 0 ? 'no tensor changed, only the file around them' : parts.join(', ');
}
