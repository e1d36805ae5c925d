import { MgitError } from '../../base/errors.ts';

/** A config's JSON object. */
export type ConfigObject = Readonly<Record<string, unknown>>;

/** The error of a config that cannot be used. */
export function configError(message: string): MgitError {
  return new MgitError('CONFIG_INVALID', message, {
    hint: 'docs/training.md describes the config of each architecture',
  });
}

/** Refuses keys that the architecture does not know, so that a misspelt one is not silently without effect. */
export function checkKeys(config: ConfigObject, known: readonly string[]): void {
  const unknown = Object.keys(config).find(key => !known.includes(key));
  if (unknown !== undefined)
    throw configError(
      `the config has an unknown key ${JSON.stringify(unknown)}; known are ${known.join(', ')}`,
    );
}

/** A list of positive integers. Errors: `CONFIG_INVALID`. */
export function positiveIntegers(config: ConfigObject, key: string): readonly number[] {
  const value = config[key];
  const isSize = (item: unknown): boolean =>
    Number.isSafeInteger(item) && Number(item) > 0 && Number(item) < 2 ** 31;
  if (!Array.isArray(value) || !value.every(isSize))
    throw configError(`${key} must be a list of positive integers`);
  return value.map(Number);
}

/** One of several words; `fallback` where the key is absent. Errors: `CONFIG_INVALID`. */
export function oneOf<Word extends string | number>(
  config: ConfigObject,
  key: string,
  words: readonly [Word, ...Word[]],
): Word {
  const value = config[key];
  if (value === undefined) return words[0];
  const found = words.find(word => word === value);
  if (found === undefined) throw configError(`${key} must be one of ${words.join(', ')}`);
  return found;
}

/** Text; `fallback` where the key is absent. Errors: `CONFIG_INVALID`. */
export function text(config: ConfigObject, key: string, fallback: string): string {
  const value = config[key] ?? fallback;
  if (typeof value !== 'string') throw configError(`${key} must be text`);
  return value;
}
