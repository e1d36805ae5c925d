import { MgitError } from '../../base/errors.ts';
import type { ImageShape, Network } from './architecture.ts';
import { type ConfigObject, checkKeys, configError } from './config-values.ts';
import { ARCHITECTURES } from './registry.ts';

/** How pixels (0 to 255) become the network's input: `(pixel / scale - mean) / std`, the latter two per channel. */
export interface InputPreparation {
  readonly scale: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** A model's config: what it computes, and how its input is prepared. */
export interface ModelConfig {
  readonly network: Network;
  /** The config's `input`; without it, pixels are divided by 255. */
  readonly input: InputPreparation;
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
  return { network: architecture.network(config), input: inputPreparation(config.input ?? {}) };
}

/** Checks that network and normalisation can take such images. Errors: `DATA_SHAPE`. */
export function checkImageShape({ network, input }: ModelConfig, shape: ImageShape): void {
  network.checkImages(shape);
  const channels = input.mean.length;
  if (channels !== 1 && channels !== shape[0])
    throw new MgitError('DATA_SHAPE', `the config's input has ${channels} channels, the images ${shape[0]}`);
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

function inputPreparation(value: unknown): InputPreparation {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw configError('input must hold scale, mean and std');
  const input = value as ConfigObject;
  checkKeys(input, ['scale', 'mean', 'std']);
  const { scale = 255, mean = [0], std = [1] } = input;
  if (typeof scale !== 'number' || !Number.isFinite(scale) || scale <= 0)
    throw configError('input.scale must be a number above 0');
  if (!isNumbers(mean) || !isNumbers(std) || mean.length !== std.length || std.some(spread => spread <= 0))
    throw configError('input.mean and input.std must hold as many numbers as channels, std above 0');
  return { scale, mean, std };
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length > 0 && value.every(Number.isFinite);
}
