import { MgitError } from '../../base/errors.ts';
import type { MergeMethod } from '../method.ts';
import { METHODS, methodNamed } from '../methods/registry.ts';
import type { MergeRecipe } from './merge-recipe.ts';

/** Parameters of mergekit that change how it calculates, not what comes out. */
const WITHOUT_EFFECT = ['int8_mask'];

/**
 * Names the parameters that a recipe gives and its method does not have, though another has it: mergekit takes no notice of such. Errors:
 * `MERGE_PARAMETER_UNKNOWN` for a name that no method has.
 */
export function unusedParameters(recipe: MergeRecipe): readonly string[] {
  const own = namesOf(methodNamed(recipe.method));
  const all = [...METHODS.flatMap(namesOf), ...WITHOUT_EFFECT, ...MERGEKIT_NAMES];
  const unused = givenNames(recipe).filter(name => !own.includes(name));
  const unknown = unused.find(name => recipe.dialect === 'mgit' || !all.includes(name));
  if (unknown !== undefined)
    throw new MgitError('MERGE_PARAMETER_UNKNOWN', `${recipe.method} has no parameter ${unknown}`, {
      hint: own.length > 0 ? `use one of: ${own.join(', ')}` : 'leave it out',
    });
  return unused.filter(name => !WITHOUT_EFFECT.includes(name));
}

/** Says that a parameter does nothing. */
export function unusedText({ method }: MergeRecipe, parameter: string): string {
  return `${method} has no parameter ${parameter}: it has no effect`;
}

/** Parameters of mergekit's methods, which its recipes may carry along from one method to another. */
const MERGEKIT_NAMES = [
  'weight',
  'density',
  'normalize',
  'lambda',
  'rescale',
  'epsilon',
  'gamma',
  't',
  'scale',
  'noise_scale',
];

function namesOf(method: MergeMethod): readonly string[] {
  return method.kind === 'compute' ? method.parameters.map(({ name }) => name) : [];
}

function givenNames({ parameters, parts }: MergeRecipe): readonly string[] {
  const levels = [
    parameters,
    ...parts.flatMap(part => [
      part.parameters,
      ...part.slices.flatMap(slice => [slice.parameters, ...slice.sources.map(source => source.parameters)]),
    ]),
  ];
  return [...new Set(levels.flatMap(level => Object.keys(level)))];
}
