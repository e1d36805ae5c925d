import type { MergeSettings } from '../../src/merge/merge-settings.ts';
import { compileRules, type Decision } from '../../src/merge/rules.ts';

/** Decides about tensors of `model.safetensors`. */
export function deciding(settings: MergeSettings, models: number): (name: string) => Decision {
  const decide = compileRules(settings, models);
  return name => decide(name, 'model.safetensors');
}
