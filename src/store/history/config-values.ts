import { join } from 'node:path';
import { MgitError } from '../../base/errors.ts';

/** A configured value as Git lists it: section and variable in lower case, the part between as written. */
export interface ConfigEntry {
  readonly key: string;
  readonly value: string;
}

/** Section and variable names ignore case; the subsection between them does not. */
export function normalizeKey(key: string): string {
  const first = key.indexOf('.');
  const last = key.lastIndexOf('.');
  if (first <= 0 || last === key.length - 1)
    throw new MgitError('CONFIG_INVALID', `not a configuration key: ${JSON.stringify(key)}`, {
      hint: 'write it as section.name, such as user.email',
    });
  return key.slice(0, first).toLowerCase() + key.slice(first, last) + key.slice(last).toLowerCase();
}

/** Git's booleans; undefined when nothing is configured. Errors: `CONFIG_INVALID`. */
export function configBoolean(key: string, value: string | undefined): boolean | undefined {
  if (value === undefined) return undefined;
  if (/^(?:true|yes|on)$/i.test(value)) return true;
  if (/^(?:false|no|off|)$/i.test(value)) return false;
  if (/^[+-]?\d+$/.test(value)) return Number(value) !== 0;
  throw new MgitError(
    'CONFIG_INVALID',
    `${key} is ${JSON.stringify(value)}, which is neither true nor false`,
    {
      hint: `run \`git config ${key} true\` or \`git config ${key} false\``,
    },
  );
}

/** A configured path with `~/` replaced by the home directory. */
export function configPath(value: string, homeDirectory: string): string {
  return value === '~' || value.startsWith('~/') ? join(homeDirectory, value.slice(1)) : value;
}

export function configLocked(file: string): MgitError {
  return new MgitError('CONFIG_LOCKED', `${file} is locked by another process`, {
    hint: `wait for the other Git or mgit process; if none is running, remove ${file}.lock`,
  });
}
