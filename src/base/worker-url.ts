/**
 * The URL of a worker's module beside the module at `base` (its `import.meta.url`).
 * Sources run as TypeScript, the published package as JavaScript, where each worker is a bundle beside all others.
 */
export function workerUrl(base: string, name: string): URL {
  return new URL(base.endsWith('.ts') ? `${name}.ts` : `${name}.js`, base);
}
