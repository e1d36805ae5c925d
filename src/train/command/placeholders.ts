import { MgitError } from '../../base/errors.ts';

/**
 * Replaces `{name}` in one word of a command. Nothing passes a shell, so values need no quoting.
 * Errors: `PLACEHOLDER_UNKNOWN` for a name that has no value here.
 */
export function fillPlaceholders(word: string, values: Readonly<Record<string, string | undefined>>): string {
  return word.replace(/\{([a-z]+)\}/g, (_, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value !== undefined) return value;
    throw new MgitError('PLACEHOLDER_UNKNOWN', `{${name}} in the command stands for nothing here`, {
      hint: `known are ${Object.keys(values)
        .map(key => `{${key}}`)
        .join(', ')}; some need their part of the recipe`,
    });
  });
}
