import { alignLines } from './align-lines.ts';
import type { Manifest } from './manifest.ts';

/** The names that only one of two manifests has, in its order. */
export function unmatchedNames(
  before: Manifest,
  after: Manifest,
): { readonly removed: readonly string[]; readonly added: readonly string[] } {
  const [removed, added]: [string[], string[]] = [[], []];
  for (const { positions } of alignLines([before, after])) {
    const [old, now] = positions;
    if (old === undefined && now !== undefined) added.push(after.nameAt(now));
    if (now === undefined && old !== undefined) removed.push(before.nameAt(old));
  }
  return { removed, added };
}
