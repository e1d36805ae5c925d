/** Sources lie in `src/base/`, the bundles of the published package side by side in `dist/`. */
const ROOT = new URL(import.meta.url.endsWith('.ts') ? '../../' : '../', import.meta.url);

/** The URL of a file that is published beside the code, by its path from the package's root. */
export function packageFile(path: string): URL {
  return new URL(path, ROOT);
}
