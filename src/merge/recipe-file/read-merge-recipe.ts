import { parseYamlDocument } from '../../base/yaml-document.ts';
import type { MergeRecipe } from './merge-recipe.ts';
import { checkMergekit, type MergekitDocument, readMergekit } from './read-mergekit.ts';
import { checkOwn, type OwnDocument, readOwn } from './read-own.ts';
import { screenRecipe } from './screen-recipe.ts';

/**
 * Reads a merge recipe: mgit's own form, or mergekit's, which has `merge_method`. `name` is what errors call the file. Errors, with line and column:
 * `MERGE_RECIPE_INVALID`, `MERGE_RECIPE_UNSUPPORTED` (something that mergekit knows and mgit does not do, by its name),
 * `MERGE_METHOD_UNKNOWN`.
 */
export function readMergeRecipe(text: string, name: string): MergeRecipe {
  const data = parseYamlDocument(text, name, {
    schema: 'merge-recipe.schema.json',
    code: 'MERGE_RECIPE_INVALID',
    hint: 'correct this line; docs/merging.md and schema/merge-recipe.schema.json describe what may stand there',
    screen: screenRecipe,
    check: (document, complain) =>
      isMergekit(document) ? checkMergekit(document, complain) : checkOwn(document as OwnDocument, complain),
  });
  return isMergekit(data) ? readMergekit(data, { name, text }) : readOwn(data as OwnDocument, { name, text });
}

function isMergekit(data: unknown): data is MergekitDocument {
  return typeof data === 'object' && data !== null && 'merge_method' in data;
}
