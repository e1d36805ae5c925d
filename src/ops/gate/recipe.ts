import { MgitError } from '../../base/errors.ts';
import type { GatePolicy } from '../../eval/gate/policy.ts';
import type { History } from '../../store/history/history.ts';
import { parseRecipe } from '../../train/recipe/parse-recipe.ts';
import { type EmbeddedRecipe, isCommandRecipe } from '../../train/recipe/recipe.ts';
import type { TargetPolicy } from './policy.ts';

/** The recipe of a gate's fine-tune, from the target's tip; undefined when the gate has none. Errors: `RECIPE_INVALID`, `GATE_RECIPE_MISSING`. */
export async function gateRecipe(
  history: History,
  policy: TargetPolicy,
  gate: GatePolicy,
): Promise<EmbeddedRecipe | undefined> {
  if (!gate.finetune) return undefined;
  const path = gate.finetune.recipe;
  const file = await history.findInTree(policy.tree, path);
  if (!file)
    throw new MgitError('GATE_RECIPE_MISSING', `the target's tip has no recipe ${path}`, {
      hint: 'commit the recipe on the target branch',
    });
  const recipe = parseRecipe(new TextDecoder().decode(await history.readBlob(file.id)), path);
  if (!isCommandRecipe(recipe)) return recipe;
  throw new MgitError('GATE_RECIPE_UNSUPPORTED', `${path} trains with a command`, {
    hint: 'let a command gate with seeds do fine-tuning and evaluation together',
  });
}
