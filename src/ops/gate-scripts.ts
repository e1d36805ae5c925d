import { posix } from 'node:path';

/** Endings of the files by which programs of one language find each other. */
const FAMILIES: readonly (readonly string[])[] = [
  ['.py', '.pyc', '.pyd', '.so', '.pth'],
  ['.sh', '.bash'],
  ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts', '.node', 'package.json'],
];

/**
 * Whether a path may be code that a gate's command runs; `files` are those of the target's tip. Every word that names one of them counts, or
 * looks like a script; so does the folder it lies in, since scripts import their neighbours. For one at the root, and for `python -m`, that
 * would be everything: there, all files of its language count.
 */
export function isScriptOf(
  command: readonly string[],
  files: ReadonlySet<string>,
): (path: string) => boolean {
  const words = command.flatMap(word => word.split(/[\s'"`;&|()<>=,]+/));
  const named = words.map(word => posix.normalize(word)).filter(path => namesScript(path, files));
  const folders = named.map(path => posix.dirname(path)).filter(folder => folder !== '.');
  const atRoot = named.filter(path => posix.dirname(path) === '.');
  const languages = [...atRoot.map(languageOf), ...(words.includes('-m') ? [languageOf('a.py')] : [])].flat();
  const places = [...named, ...folders];
  return path =>
    places.some(place => path === place || path.startsWith(`${place}/`)) ||
    languages.some(ending => path.endsWith(ending));
}

function namesScript(path: string, files: ReadonlySet<string>): boolean {
  if (path === '.' || path.startsWith('../') || posix.isAbsolute(path)) return false;
  if (path.endsWith('.safetensors')) return false; // What contributions are there to change.
  if (/^[\w.][\w./-]*\.\w+$/.test(path) || files.has(path)) return true;
  return [...files].some(file => file.startsWith(`${path.replace(/\/$/, '')}/`));
}

function languageOf(path: string): readonly string[] {
  return FAMILIES.find(family => family.includes(posix.extname(path))) ?? [];
}
