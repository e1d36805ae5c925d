import { MgitError } from '../base/errors.ts';
import type { History } from '../store/history/history.ts';

const UNITS = ['', 'k', 'm', 'g', 't'];

/** A size in the configuration, in bytes: a number, or one with a unit such as `256m`. Errors: `CONFIG_INVALID`. */
export async function sizeSetting(history: History, name: string): Promise<number | undefined> {
  const text = await history.config(name.toLowerCase());
  if (text === undefined) return undefined;
  const match = /^(\d+)([kmgt]?)$/i.exec(text);
  if (match === null)
    throw new MgitError('CONFIG_INVALID', `${name} is no size: ${text}`, {
      hint: 'set it to a number of bytes, such as 256m',
    });
  return Number(match[1]) * 1024 ** UNITS.indexOf((match[2] ?? '').toLowerCase());
}
