import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { build } from 'rolldown';

const workers = globSync('src/**/*-worker.ts').map(path => [basename(path, '.ts'), path]);

/**
 * Bundles the sources into `dist/`, since most of a short command's time went into loading some 300 modules one by one. What is imported
 * only when it is needed becomes a bundle of its own. All bundles lie in one folder, so that workers find each other and
 * `src/base/package-file.ts` the rest of the package.
 */
await build({
  input: {
    index: 'src/index.ts',
    main: 'src/cli/main.ts',
    ...Object.fromEntries(workers),
  },
  platform: 'node',
  external: /^[^./]/, // Other packages stay as npm installs them.
  output: { dir: 'dist', chunkFileNames: '[name]-[hash].js', sourcemap: true },
});
