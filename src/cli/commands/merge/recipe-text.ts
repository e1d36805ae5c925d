import { resolve } from 'node:path';
import { MgitError } from '../../../base/errors.ts';
import { type CommandInput, listArgument, textOption } from '../../command.ts';
import type { CliContext } from '../../context.ts';

/** Options that only make sense for a result outside of the repository. */
const OUTSIDE = ['force', 'outShardSize', 'shard', 'assemble', 'tensorIntersection', 'tensorUnion'];

/**
 * The recipe of a merge in the repository; undefined where there is none. Errors: `MERGE_RECIPE_NOT_FOUND`; `USAGE` with what a recipe says itself,
 * or what only `--out` has.
 */
export async function readRecipeText(
  { ports, cwd }: CliContext,
  input: CommandInput,
): Promise<{ readonly name: string; readonly text: string } | undefined> {
  const outside = OUTSIDE.find(name => input.options[name] !== undefined && input.options[name] !== false);
  if (outside !== undefined)
    throw new MgitError('USAGE', 'without --out, the result is a commit', {
      hint: `--${outside.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)} belongs to --out`,
    });
  const name = textOption(input, 'recipe');
  if (name === undefined) return undefined;
  if (listArgument(input, 0).length > 0 || textOption(input, 'strategy') !== undefined)
    throw new MgitError('USAGE', 'the recipe alone says what is merged and how', {
      hint: 'name revisions and method in the recipe',
    });
  try {
    return { name, text: new TextDecoder().decode(await ports.fs.readFile(resolve(cwd, name))) };
  } catch (cause) {
    throw new MgitError('MERGE_RECIPE_NOT_FOUND', `cannot read the recipe ${name}`, {
      cause,
      hint: 'name a YAML file, as docs/merging.md describes it',
    });
  }
}
