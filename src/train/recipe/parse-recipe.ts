import { isMap, parse, parseDocument } from 'yaml';
import { MgitError } from '../../base/errors.ts';
import { type Complain, type DocumentKind, parseYamlDocument } from '../../base/yaml-document.ts';
import { isCommandRecipe, type Recipe } from './recipe.ts';

const RECIPE_KIND: DocumentKind = {
  schema: 'recipe.schema.json',
  code: 'RECIPE_INVALID',
  hint: 'correct this line; docs/training.md and schema/recipe.schema.json describe what may stand there',
  check: (data, complain) => checkLength(data as Recipe, complain),
};

/** Reads the text of a recipe; `name` is what errors call it. Errors: `RECIPE_INVALID` with the offending line. */
export function parseRecipe(text: string, name: string): Recipe {
  return parseYamlDocument(text, name, RECIPE_KIND) as Recipe;
}

/**
 * Reads a recipe with `key=value` settings applied, as `--set` gives them: keys are dotted paths, values YAML.
 * Errors: `RECIPE_INVALID`; `SETTING_INVALID` for a setting that is not of that form.
 */
export function parseRecipeWith(text: string, name: string, settings: readonly string[]): Recipe {
  const recipe = parseRecipe(text, name);
  if (settings.length === 0) return recipe;
  const document = parseDocument(text);
  for (const setting of settings) {
    const at = setting.indexOf('=');
    const path = setting.slice(0, at).split('.');
    if (at < 1 || path.includes(''))
      throw new MgitError('SETTING_INVALID', `${JSON.stringify(setting)} is not of the form key=value`, {
        hint: 'write for example --set optimizer.learning_rate=0.01',
      });
    if (isMap(document.contents)) document.setIn(path, parse(setting.slice(at + 1)));
  }
  return parseRecipe(document.toString(), `${name} with ${settings.join(', ')}`);
}

function checkLength(recipe: Recipe, complain: Complain): void {
  if (isCommandRecipe(recipe)) return;
  if ((recipe.steps === undefined) === (recipe.epochs === undefined))
    complain(
      recipe.steps === undefined ? ['batch_size'] : ['epochs'],
      'a recipe needs either steps or epochs',
    );
  const warmup = recipe.optimizer.warmup_steps ?? 0;
  if (recipe.steps !== undefined && warmup >= recipe.steps)
    complain(['optimizer', 'warmup_steps'], 'the warm-up must be shorter than the run');
}
