import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';

/** Imports go strictly down; layers on one line are peers and never import each other (`docs/architecture.md`). */
const LAYERS = [
  ['base'],
  ['tensor'],
  ['formats'],
  ['store'],
  ['merge', 'remote', 'runner'],
  ['train'],
  ['eval'],
  ['hub'],
  ['ops'],
  ['cli', 'server'],
  ['index.ts'],
];

/** AssemblyScript names its imports without an extension, and reaches nothing outside its folder. */
const SOURCES = globSync('src/**/*.ts').filter(file => !file.startsWith('src/tensor/kernels/assembly/'));

const rankOf = (layer: string): number => LAYERS.findIndex(peers => peers.includes(layer));
const layerOf = (path: string): string => path.split('/')[1] as string;

function importsOf(file: string): string[] {
  const found = readFileSync(file, 'utf8').matchAll(/(?:from|import\()\s*'(\.[^']+)'/g);
  return [...found].map(match => normalize(join(dirname(file), match[1] as string)));
}

test('every file belongs to a layer', () => {
  for (const file of globSync('src/**/*.ts')) expect(rankOf(layerOf(file)), file).toBeGreaterThanOrEqual(0);
});

test('imports go strictly down', () => {
  const wrong = SOURCES.flatMap(file =>
    importsOf(file)
      .filter(target => layerOf(target) !== layerOf(file) && rankOf(layerOf(target)) >= rankOf(layerOf(file)))
      .map(target => `${file} -> ${target}`),
  );
  expect(wrong).toEqual([]);
});

test('every relative import exists', () => {
  const missing = SOURCES.flatMap(file =>
    importsOf(file)
      .filter(target => !globSync(target).length)
      .map(target => `${file} -> ${target}`),
  );
  expect(missing).toEqual([]);
});

test('only the entry of the command line touches the process, the clock and randomness', () => {
  const allowed = ['src/cli/context.ts', 'src/cli/main.ts', 'src/base/ports/'];
  const wrong = globSync('src/**/*.ts')
    .filter(file => !allowed.some(prefix => file.startsWith(prefix)) && !file.endsWith('-worker.ts'))
    .filter(file =>
      /\bprocess\.(?!versions|platform|arch|ts')|Date\.now\(|new Date\(\)|Math\.random\(|globalThis\.fetch/.test(
        readFileSync(file, 'utf8'),
      ),
    );
  expect(wrong).toEqual([]);
});

test('files are found beside bundles, too: none by its place beside a source', () => {
  const wrong = SOURCES.filter(file => !file.startsWith('src/base/')).filter(file =>
    /new URL\([^)]*import\.meta|import\.meta\.(?:dirname|filename)/.test(readFileSync(file, 'utf8')),
  );
  expect(wrong, 'packageFile and workerUrl find them').toEqual([]);
});
