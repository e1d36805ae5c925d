import type { Rename } from './rename-rule.ts';

/**
 * Finds names that are spelt differently: from a name of `others` to the one of `reference` with the same common spelling. Both are names
 * that the other list lacks. What more than one name is spelt like stays unmatched.
 */
export function matchSpellings(
  reference: readonly string[],
  others: readonly string[],
  common: Rename,
): ReadonlyMap<string, string> {
  if (reference.length === 0 || others.length === 0) return new Map();
  const known = bySpelling(reference, common);
  const matches = new Map<string, string>();
  for (const [spelling, name] of bySpelling(others, common)) {
    const found = known.get(spelling);
    if (name !== undefined && found !== undefined) matches.set(name, found);
  }
  return matches;
}

/** Undefined: several names have this spelling. */
function bySpelling(names: readonly string[], common: Rename): ReadonlyMap<string, string | undefined> {
  const found = new Map<string, string | undefined>();
  for (const name of names) {
    const spelling = common(name);
    found.set(spelling, found.has(spelling) ? undefined : name);
  }
  return found;
}
