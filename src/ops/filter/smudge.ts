import type { Manifest } from '../../store/manifest/manifest.ts';
import { looksLikeManifest } from '../../store/manifest/read-lines.ts';
import { parseManifest } from '../../store/manifest/read-manifest.ts';
import type { Repository } from '../repository.ts';
import { sizeSetting } from '../size-setting.ts';

/** The bytes of a model, or what stands in for it and why. */
export type Smudged =
  | { readonly kind: 'model'; readonly bytes: AsyncIterable<Uint8Array> }
  | { readonly kind: 'left'; readonly reason?: 'too-large' | 'missing' };

const STANDARD_LIMIT = 256 * 2 ** 20;

/**
 * The file that a blob stands for. What is no manifest is left as it is; so is a manifest whose model is larger than `mgit.smudgeLimit`
 * (Git holds what a filter returns in memory; 256 MiB by default) or is not in the store. Errors: `MANIFEST_CORRUPT`, `CONFIG_INVALID`.
 */
export async function smudgeModel(repository: Repository, blob: Uint8Array): Promise<Smudged> {
  if (!looksLikeManifest(blob)) return { kind: 'left' };
  const manifest = parseManifest(blob);
  if (manifest.size > (await smudgeLimit(repository))) return { kind: 'left', reason: 'too-large' };
  const missing = await repository.store.missing(manifest.extents.map(extent => extent.digest));
  if (missing.length > 0) return { kind: 'left', reason: 'missing' };
  return { kind: 'model', bytes: fileBytes(repository, manifest) };
}

async function* fileBytes({ store }: Repository, manifest: Manifest): AsyncGenerator<Uint8Array> {
  for (const extent of manifest.extents) yield* store.read(extent.digest);
}

async function smudgeLimit({ history }: Repository): Promise<number> {
  return (await sizeSetting(history, 'mgit.smudgeLimit')) ?? STANDARD_LIMIT;
}
