import { MgitError } from '../../base/errors.ts';
import type { MergeParameters, MergeRule, MergeSettings } from '../../merge/merge-settings.ts';

/** What `-X key=value` says. */
export interface GivenSettings {
  readonly parameters: MergeParameters;
  /** From `take:<glob>=<side>`; they come before the rules of `mgit.yaml`. */
  readonly rules: readonly MergeRule[];
  /** From `base=<rev>`. */
  readonly base: string | undefined;
}

const SIDES = ['ours', 'theirs', 'base'] as const;

/** Reads the values of `-X`. Errors: `USAGE`. */
export function parseGivenSettings(texts: readonly string[]): GivenSettings {
  const pairs = texts.map(pairOf);
  const isParameter = (key: string): boolean => key !== 'base' && !key.startsWith('take:');
  return {
    parameters: Object.fromEntries(
      pairs.filter(([key]) => isParameter(key)).map(([key, value]) => [key, settingValue(value)]),
    ),
    rules: pairs
      .filter(([key]) => key.startsWith('take:'))
      .map(([key, value]) => takeRule(key.slice(5), value)),
    base: pairs.findLast(([key]) => key === 'base')?.[1],
  };
}

/**
 * The settings of a merge: those of `mgit.yaml` at the target's tip, under what the command line says. Its parameters go to the
 * method that it names, or to the project's.
 */
export function combinedSettings(
  project: MergeSettings,
  given: GivenSettings,
  method: string | undefined,
): MergeSettings {
  const isOther = method !== undefined && method !== project.method;
  const chosen = method ?? project.method;
  return {
    ...(chosen === undefined ? {} : { method: chosen }),
    parameters: { ...(isOther ? {} : project.parameters), ...given.parameters },
    rules: [...given.rules, ...(project.rules ?? [])],
  };
}

function pairOf(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new MgitError('USAGE', `-X ${text} is not of the form key=value`, {
    hint: 'for example -X weight=0.6,0.4 or -X take:head.*=ours',
  });
}

function takeRule(glob: string, value: string): MergeRule {
  const take = SIDES.find(side => side === value);
  if (take !== undefined && glob !== '') return { match: glob, take };
  throw new MgitError('USAGE', `-X take:${glob}=${value} does not say what to take`, {
    hint: `give -X take:<glob>=<side>, where the side is ${SIDES.join(', ')}`,
  });
}

function settingValue(text: string): MergeParameters[string] {
  if (text === 'true' || text === 'false') return text === 'true';
  const numbers = text.split(',').map(part => (part.trim() === '' ? Number.NaN : Number(part)));
  if (numbers.some(Number.isNaN)) return text;
  return numbers.length === 1 ? (numbers[0] ?? text) : numbers;
}
