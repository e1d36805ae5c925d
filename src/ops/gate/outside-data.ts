import type { GatePolicy } from '../../eval/gate/policy.ts';
import { loadImages } from '../../train/data/load-images.ts';
import type { Repository } from '../repository.ts';
import { diskDigest, type GateData } from './data.ts';
import type { TargetPolicy } from './policy.ts';
import { gateRecipe } from './recipe.ts';

/**
 * The digest, in hexadecimal, of data outside the tree: for what mgit itself evaluates or trains on, that of the split's files;
 * for what a command reads, that of the file or the folder's listing. Errors: `DATA_*`, `GATE_DATA_MISSING`.
 */
export async function outsideDigest(
  repository: Repository,
  policy: TargetPolicy,
  data: { readonly gate: GatePolicy; readonly use: GateData['use']; readonly absolute: string },
): Promise<string> {
  const { gate, use, absolute } = data;
  const { fs } = repository.ports;
  if (use === 'command') return diskDigest(fs, absolute);
  const split =
    use === 'eval'
      ? (gate.eval?.split ?? 'test')
      : ((await gateRecipe(repository.history, policy, gate))?.data.split ?? 'train');
  return hexOf((await loadImages(fs, { path: absolute, split })).digest);
}

/** A digest without its `sha256:`. */
export function hexOf(digest: string): string {
  return digest.replace(/^sha256:/, '');
}
