import { isSameTensor } from '../../merge/same-tensor.ts';
import type { Manifest } from '../../store/manifest/manifest.ts';

/** How the tensors of one model moved between two versions, judged by identity alone. */
export interface ModelChange {
  readonly tensors: number;
  readonly changed: number;
  readonly added: number;
  readonly removed: number;
}

/** Compares manifests; no tensor byte is read. `before` or `after` undefined: the model is new or gone. */
export function modelChange(before: Manifest | undefined, after: Manifest | undefined): ModelChange {
  const old = new Map((before?.tensors ?? []).map(tensor => [tensor.name, tensor]));
  let changed = 0;
  let added = 0;
  for (const tensor of after?.tensors ?? []) {
    const known = old.get(tensor.name);
    if (known === undefined) added++;
    else if (!isSameTensor(known, tensor)) changed++;
    old.delete(tensor.name);
  }
  return { tensors: (after ?? before)?.tensors.length ?? 0, changed, added, removed: old.size };
}

/** "3 of 12 tensors changed, 1 added". */
export function describeModelChange(change: ModelChange): string {
  const { tensors, changed, added, removed } = change;
  if (added === tensors && removed === 0) return `${count(tensors, 'tensor')}, all new`;
  const parts = [
    changed > 0 ? `${changed} of ${count(tensors, 'tensor')} changed` : '',
    added > 0 ? `${added} added` : '',
    removed > 0 ? `${removed} removed` : '',
  ].filter(part => part !== '');
  return parts.length === 0 ? 'no tensor changed, only the file around them' : parts.join(', ');
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
