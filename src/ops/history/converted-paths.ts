import { posix } from 'node:path';

/**
 * Models that became files of another format: from a path that is gone to the new one in the same folder that differs from it in nothing but its ending
 * (`model.pt`, `model.safetensors`). Where several could be meant, none is.
 */
export async function convertedPaths<Version>(
  before: ReadonlyMap<string, Version>,
  after: ReadonlyMap<string, Version>,
  isModel: (version: Version) => Promise<boolean>,
): Promise<ReadonlyMap<string, string>> {
  const gone = byStem([...before.keys()].filter(path => !after.has(path)));
  const found = new Map<string, string>();
  if (gone.size === 0) return found;
  const added = byStem([...after.keys()].filter(path => !before.has(path)));
  for (const [stem, from] of gone) {
    const to = added.get(stem);
    if (from === undefined || to === undefined) continue;
    const [old, now] = [before.get(from), after.get(to)];
    if (old && now && (await isModel(old)) && (await isModel(now))) found.set(from, to);
  }
  return found;
}

/** Undefined: several paths differ only in their endings. */
function byStem(paths: readonly string[]): ReadonlyMap<string, string | undefined> {
  const found = new Map<string, string | undefined>();
  for (const path of paths) {
    const stem = path.slice(0, path.length - posix.extname(path).length);
    found.set(stem, found.has(stem) ? undefined : path);
  }
  return found;
}
