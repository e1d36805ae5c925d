import { MgitError } from '../../base/errors.ts';
import type { ImageShape, Network } from './architecture.ts';
import { type ConfigObject, configError } from './config-values.ts';
import { ARCHITECTURES } from './registry.ts';

/** Per channel, on pixels in 0..1: `(x - mean) / std`. */
export interface Normalization {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** A model's config: what it computes, and how its input is prepared. */
export interface ModelConfig {
  readonly network: Network;
  readonly normalization: Normalization | undefined;
}

/** Reads the text of a `config.json`. Errors: `CONFIG_INVALID`, `ARCHITECTURE_UNKNOWN`. */
export function parseModelConfig(json: string, name = 'config.json'): ModelConfig {
  return modelConfigOf(parseObject(json, name));
}

/** Reads a config that is parsed already. Errors: `CONFIG_INVALID`, `ARCHITECTURE_UNKNOWN`. */
export function modelConfigOf(config: ConfigObject): ModelConfig {
  const architecture = ARCHITECTURES.find(candidate => candidate.name === config.architecture);
  if (architecture === undefined)
    throw new MgitError(
      'ARCHITECTURE_UNKNOWN',
      `the config's architecture is ${JSON.stringify(config.architecture) ?? 'not given'}; known are ${ARCHITECTURES.map(known => known.name).join(', ')}`,
      { hint: 'set `architecture`, or train and evaluate this model with your own command' },
    );
  return { network: architecture.network(config), normalization: normalizationOf(config.normalize) };
}

/** Checks that network and normalisation can take such images. Errors: `DATA_SHAPE`. */
export function checkImageShape({ network, normalization }: ModelConfig, shape: ImageShape): void {
  network.checkImages(shape);
  const channels = normalization?.mean.length ?? shape[0];
  if (channels !== shape[0])
    throw new MgitError('DATA_SHAPE', `normalize has ${channels} channels, the images ${shape[0]}`);
}

function parseObject(json: string, name: string): ConfigObject {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as ConfigObject;
  } catch (cause) {
    throw new MgitError('CONFIG_INVALID', `${name} is not JSON: ${(cause as Error).message}`, { cause });
  }
  throw configError(`${name} must be a JSON object`);
}

function normalizationOf(value: unknown): Normalization | undefined {
  if (value === undefined) return undefined;
  const { mean, std } = (value ?? {}) as { readonly mean?: unknown; readonly std?: unknown };
  if (
    !isNumbers(mean) ||
    !isNumbers(std) ||
    mean.length !== std.length ||
    std.some(deviation => deviation <= 0)
  )
    throw configError('normalize must hold mean and std: as many numbers as channels, std above 0');
  return { mean, std };
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length > 0 && value.every(Number.isFinite);
}
