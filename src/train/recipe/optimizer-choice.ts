import { MgitError } from '../../base/errors.ts';
import type { LearningRateSchedule } from '../optimizers/learning-rate.ts';
import type { Optimizer, OptimizerSettings } from '../optimizers/optimizer.ts';
import { OPTIMIZERS } from '../optimizers/registry.ts';
import type { RecipeOptimizer } from './recipe.ts';

/** A recipe's optimiser with all its numbers. */
export interface OptimizerChoice {
  readonly optimizer: Optimizer;
  readonly settings: OptimizerSettings;
  /** The full learning rate. */
  readonly peak: number;
  readonly schedule: LearningRateSchedule;
}

/** Fills in the defaults, which are PyTorch's. Errors: `RECIPE_INVALID` for an unknown optimiser. */
export function chooseOptimizer(recipe: RecipeOptimizer): OptimizerChoice {
  const optimizer = OPTIMIZERS.find(({ name }) => name === recipe.name);
  if (optimizer === undefined)
    throw new MgitError('RECIPE_INVALID', `unknown optimizer ${recipe.name}`, {
      hint: `use one of ${OPTIMIZERS.map(({ name }) => name).join(', ')}`,
    });
  return {
    optimizer,
    settings: {
      momentum: recipe.momentum ?? 0,
      weightDecay: recipe.weight_decay ?? (recipe.name === 'adamw' ? 0.01 : 0),
      beta1: recipe.beta1 ?? 0.9,
      beta2: recipe.beta2 ?? 0.999,
      epsilon: recipe.epsilon ?? 1e-8,
    },
    peak: recipe.learning_rate,
    schedule: { name: recipe.schedule ?? 'constant', warmupSteps: recipe.warmup_steps ?? 0 },
  };
}
