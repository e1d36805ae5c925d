import { globSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { build, type ChunkingContext } from 'rolldown';

const workers = globSync('src/**/*-worker.ts').map(path => [basename(path, '.ts'), path] as const);
/** What is started again and again: it loads nothing that it does not need. */
const SMALL_ENTRIES = ['src/cli/main.ts', ...workers.map(([, path]) => path)];
/** A module that so many bundles share (there are some 90 commands) belongs to the core. */
const SHARED_BY = 20;

/**
 * Bundles the sources into `dist/`, since most of a short command's time went into loading some 300 modules one by one. What is imported
 * only when it is needed becomes a bundle of its own; what most commands need is one, the core: in 30 bundles it took 10 % of the time of
 * a short command more. All bundles lie in one folder, so that workers find each other and `src/base/package-file.ts` the rest of the package.
 */
await build({
  input: {
    index: 'src/index.ts',
    main: 'src/cli/main.ts',
    ...Object.fromEntries(workers),
  },
  platform: 'node',
  external: /^[^./]/, // Other packages stay as npm installs them.
  preserveEntrySignatures: 'allow-extension',
  output: {
    dir: 'dist',
    chunkFileNames: '[name]-[hash].js',
    sourcemap: true,
    codeSplitting: {
      groups: [{ name: coreName, debugName: 'core', minShareCount: SHARED_BY }],
      includeDependenciesRecursively: false,
    },
  },
});

function coreName(id: string, modules: ChunkingContext): string | null {
  return importedBy(SMALL_ENTRIES, modules).has(id) ? null : 'core';
}

/** The modules that are loaded with any of these, `import()` aside. */
function importedBy(entries: readonly string[], modules: ChunkingContext): ReadonlySet<string> {
  const found = new Set<string>();
  const open = entries.map(path => resolve(path));
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    open.push(...(modules.getModuleInfo(id)?.importedIds ?? []));
  }
  return found;
}
