import { isAbsolute, join } from 'node:path';

/** A path of a recipe as an absolute one. */
export function resolvePath(root: string, path: string): string {
  return isAbsolute(path) ? path : join(root, path);
}
