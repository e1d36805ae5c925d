import type { TreeFile } from '../../store/history/history.ts';
import type { Manifest } from '../../store/manifest/manifest.ts';
import type { Repository } from '../repository.ts';
import { readManifestBlob } from './manifests-at.ts';

/** Reads the manifest of a file of a tree; undefined for a file that is no model, and for none. */
export type ReadManifest = (file: Pick<TreeFile, 'id' | 'mode'> | undefined) => Promise<Manifest | undefined>;

/** Two versions are compared at a time; beyond them this many tensors are kept. */
const KEPT_TENSORS = 200_000;
const KEPT_FILES = 64;

/** Remembers what it read last, since whoever goes through a history meets each version twice: as the child, then as the parent. */
export function manifestCache(repository: Repository): ReadManifest {
  const known = new Map<string, Manifest | undefined>();
  return async file => {
    if (file === undefined) return undefined;
    const key = `${file.mode} ${file.id}`;
    const found = known.has(key) ? known.get(key) : await readManifestBlob(repository, file);
    known.delete(key); // The youngest stands last.
    known.set(key, found);
    forgetOldest(known);
    return found;
  };
}

function forgetOldest(known: Map<string, Manifest | undefined>): void {
  let tensors = 0;
  for (const manifest of known.values()) tensors += manifest?.tensors.length ?? 0;
  for (const [key, manifest] of known) {
    if (known.size <= 2 || (tensors <= KEPT_TENSORS && known.size <= KEPT_FILES)) return;
    known.delete(key);
    tensors -= manifest?.tensors.length ?? 0;
  }
}
