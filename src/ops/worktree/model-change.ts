import { isSameTensor } from '../../merge/same-tensor.ts';
import type { Manifest } from '../../store/manifest/manifest.ts';
import { countTensors, isPlainText, pairTexts } from '../../store/manifest/pair-texts.ts';
import { parseManifest } from '../../store/manifest/read-manifest.ts';

/** How the tensors of one model moved between two versions, judged by identity alone. */
export interface ModelChange {
  readonly tensors: number;
  readonly changed: number;
  readonly added: number;
  readonly removed: number;
}

/**
 * Compares the texts of two manifests; no tensor byte is read. `before` or `after` undefined: the model is new or gone.
 * Errors: `MANIFEST_CORRUPT`.
 */
export function modelChange(before: Uint8Array | undefined, after: Uint8Array | undefined): ModelChange {
  const isPlain = [before, after].every(text => text === undefined || isPlainText(text));
  if (!isPlain) return manifestChange(before && parseManifest(before), after && parseManifest(after));
  if (!before || !after) {
    const tensors = countTensors(before ?? after ?? new Uint8Array());
    return { tensors, changed: 0, added: after ? tensors : 0, removed: before ? tensors : 0 };
  }
  const change = { tensors: 0, changed: 0, added: 0, removed: 0 };
  for (const pair of pairTexts(before, after)) {
    if (pair.same || pair.after) change.tensors++;
    if (pair.same) continue;
    if (!pair.before) change.added++;
    else if (!pair.after) change.removed++;
    else if (!isSameTensor(pair.before, pair.after)) change.changed++;
  }
  return change;
}

/** What {@link modelChange} answers, from manifests that were parsed. */
export function manifestChange(before: Manifest | undefined, after: Manifest | undefined): ModelChange {
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
