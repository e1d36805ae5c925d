import { MgitError } from '../base/errors.ts';
import { globMatcher } from '../base/globs.ts';
import type { ModelConfig } from './architectures/model-config.ts';

/**
 * The same model with the parameters that globs match left as they are by training, such as the classifier of an image encoder. Errors:
 * `FREEZE_UNMATCHED` for a glob that matches no trained parameter, `FREEZE_EVERYTHING` where nothing is left to train.
 */
export function freezeParameters(config: ModelConfig, globs: readonly string[]): ModelConfig {
  const trained = config.network.parameters.filter(({ trainable }) => trainable);
  for (const glob of globs)
    checkMatch(
      glob,
      trained.map(({ name }) => name),
    );
  const isFrozen = globMatcher(globs);
  if (trained.every(({ name }) => isFrozen(name)))
    throw new MgitError('FREEZE_EVERYTHING', '`freeze` leaves no parameter to train', {
      hint: 'take a glob out of `freeze`',
    });
  const parameters = config.network.parameters.map(parameter =>
    isFrozen(parameter.name) ? { ...parameter, trainable: false } : parameter,
  );
  return { ...config, network: { ...config.network, parameters } };
}

function checkMatch(glob: string, names: readonly string[]): void {
  if (names.some(globMatcher(glob))) return;
  throw new MgitError('FREEZE_UNMATCHED', `\`freeze\` matches no parameter: ${glob}`, {
    hint: `parameters are ${names.slice(0, 6).join(', ')}${names.length > 6 ? ', ...' : ''}`,
  });
}
