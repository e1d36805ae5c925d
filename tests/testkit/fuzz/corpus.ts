import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Exploration } from './explore.ts';

const TARGETS = join(import.meta.dirname, 'targets');
const CORPUS = join(import.meta.dirname, '../../fixtures/fuzz');
/** Inputs that were findings once: they stay, whatever they cover. */
const FOUND = 'found-';

/** The parsers that are fuzzed, by their file names in `targets/`. */
export const TARGET_NAMES: readonly string[] = readdirSync(TARGETS).map(file => basename(file, '.ts'));

/** The module of a target. */
export function targetModule(name: string): URL {
  return new URL(`targets/${name}.ts`, import.meta.url);
}

/** The committed inputs of a target. */
export function readCorpus(name: string): readonly Uint8Array[] {
  const folder = join(CORPUS, name);
  return filesOf(folder).map(file => readFileSync(join(folder, file)));
}

/** Replaces the committed inputs of a target by those of a search that began with them, and adds its findings. */
export function writeCorpus(name: string, { corpus, findings }: Exploration): void {
  const folder = join(CORPUS, name);
  mkdirSync(folder, { recursive: true });
  for (const file of filesOf(folder)) if (!file.startsWith(FOUND)) rmSync(join(folder, file));
  const kept = new Set(filesOf(folder).map(file => file.slice(FOUND.length)));
  for (const input of corpus) if (!kept.has(nameOf(input))) writeFileSync(join(folder, nameOf(input)), input);
  for (const { input } of findings) writeFileSync(join(folder, `${FOUND}${nameOf(input)}`), input);
}

function filesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function nameOf(input: Uint8Array): string {
  return createHash('sha256').update(input).digest('hex').slice(0, 12);
}
