import { join } from 'node:path';
import { isSystemError, MgitError } from '../../base/errors.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import type { OpenInput } from '../../merge/model-files/open-input.ts';
import { vocabularyRows } from '../../merge/model-plan/find-inputs.ts';
import type { MergeRecipe } from '../../merge/recipe-file/merge-recipe.ts';
import { parseTokenizer, type TokenizerFile } from '../../merge/vocabulary/tokenizer-file.ts';
import type { ModelTokenizer } from '../../merge/vocabulary/union-tokenizer.ts';
import { mergeVocabularies, type Vocabulary } from '../../merge/vocabulary/vocabulary.ts';

/** The vocabulary of the result, where the recipe asks for one. Errors: `TOKENIZER_MISSING`, `TOKENIZER_INVALID`, `TOKENIZER_UNSUPPORTED`. */
export async function readVocabulary(
  fs: FileSystem,
  recipe: MergeRecipe,
  inputs: ReadonlyMap<string, OpenInput>,
): Promise<Vocabulary | undefined> {
  const { tokenizer } = recipe;
  if (tokenizer === undefined) return undefined;
  const extra = typeof tokenizer.source === 'object' ? tokenizer.source.model : undefined;
  if (extra !== undefined && !inputs.has(extra))
    throw new MgitError('TOKENIZER_MISSING', `the tokenizer's model ${extra} is no model of the recipe`, {
      hint: 'name one of the merged models, union or base',
    });
  const [first, ...others] = [...inputs.values()] as [OpenInput, ...OpenInput[]];
  const file = await tokenizerOf(fs, first);
  if (file === undefined)
    throw new MgitError('TOKENIZER_MISSING', `${first.name} has no tokenizer.json`, {
      hint: 'leave the tokenizer out of the recipe, or save it as a fast tokenizer (tokenizer.json) first',
    });
  const models: [ModelTokenizer, ...ModelTokenizer[]] = [modelTokenizer(first, file)];
  for (const input of others) models.push(modelTokenizer(input, (await tokenizerOf(fs, input)) ?? file));
  return mergeVocabularies(tokenizer, { models, hasBase: recipe.base !== undefined });
}

function modelTokenizer(input: OpenInput, file: TokenizerFile): ModelTokenizer {
  const rows = vocabularyRows(input);
  return { model: input.name, file, rows: rows ?? Number.POSITIVE_INFINITY };
}

/** The `tokenizer.json` beside a model; undefined where there is none. Errors: `TOKENIZER_INVALID`, `TOKENIZER_UNSUPPORTED`. */
export async function tokenizerOf(
  fs: FileSystem,
  { location, name }: OpenInput,
): Promise<TokenizerFile | undefined> {
  if (location.folder === undefined) return undefined;
  try {
    return parseTokenizer(
      await fs.readFile(join(location.folder, 'tokenizer.json')),
      `${name}/tokenizer.json`,
    );
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}
