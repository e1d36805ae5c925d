import { basename } from 'node:path';
import type { JsonValue } from '../../base/canonical-json.ts';
import type { Digest } from '../../base/ids.ts';
import type { Ports } from '../../base/ports/ports.ts';
import { VERSION } from '../../base/version.ts';
import { mergeCard } from '../../hub/merge-card.ts';
import { methodNamed } from '../../merge/methods/registry.ts';
import { mergedConfig } from './model-config.ts';
import { warn } from './plan-warnings.ts';
import type { FolderMergeRequest, PreparedMerge } from './prepare.ts';
import { jsonBytes, type SmallFiles, tokenizerFiles } from './tokenizer-files.ts';

/** Where the recipe is kept with the result. mergekit's readers look for theirs under its own name. */
export function recipeFileOf({ dialect }: PreparedMerge['recipe']): string {
  return dialect === 'mergekit' ? 'mergekit_config.yml' : 'mgit_recipe.yml';
}

/** What was made from what. */
export const RECORD_FILE = 'mgit_merge.json';

/**
 * The files that go with the weights: `config.json`, tokenizer, card, recipe. Errors: `MERGE_ARCHITECTURE_DIFFERS`, those of tokenizers.
 */
export async function companionFiles(
  { fs }: Ports,
  prepared: PreparedMerge,
  request: FolderMergeRequest & { readonly name: string },
): Promise<SmallFiles> {
  const { recipe, inputs, plan, vocabulary } = prepared;
  const models = [...inputs.values()];
  const merged = mergedConfig(models, plan, vocabulary?.rows);
  if (merged && merged.differing.length > 0)
    warn(
      request,
      'CONFIG_DIFFERS',
      `config.json differs in ${merged.differing.join(', ')}: that of ${models[0]?.name} stands`,
    );
  const files = new Map(await tokenizerFiles({ fs, recipe, inputs, vocabulary }));
  if (merged) files.set('config.json', jsonBytes(merged.config));
  files.set(recipeFileOf(recipe), Buffer.from(recipe.text));
  files.set('README.md', Buffer.from(cardOf(prepared, request.name)));
  return files;
}

function cardOf({ recipe, inputs }: PreparedMerge, name: string): string {
  return mergeCard({
    name: basename(name),
    method: recipe.method,
    base: recipe.base === undefined ? undefined : inputs.get(recipe.base)?.parts,
    models: [...inputs.values()].filter(({ name: model }) => model !== recipe.base).map(({ parts }) => parts),
    recipe: recipe.text,
    recipeFile: recipeFileOf(recipe),
    version: VERSION,
    hasConfig: [...inputs.values()].some(({ config }) => config !== undefined),
  });
}

/** The record of a merge: what it was made by and from, and the digest of every tensor. */
export function recordOf(
  { recipe, inputs }: PreparedMerge,
  digests: ReadonlyMap<string, Digest>,
  given: readonly string[],
): JsonValue {
  const method = methodNamed(recipe.method);
  return {
    version: 1,
    mgit: VERSION,
    method: recipe.method,
    kernels: method.kind === 'compute' ? method.kernels : null,
    recipe: recipeFileOf(recipe),
    given,
    inputs: [...inputs.values()].map(({ name, files }) => ({
      name,
      files: files.map(file => ({ name: basename(file.path), size: file.size })),
    })),
    tensors: Object.fromEntries(digests),
  };
}
