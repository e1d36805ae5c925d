import { MgitError } from '../../../base/errors.ts';
import type { TreeEntry, TreeFile } from '../history.ts';
import { MODE } from './tree-object.ts';

const FILE_MODES: readonly number[] = [MODE.file, MODE.executable, MODE.symlink, MODE.submodule];
/** Characters that macOS's file system ignores in names, so that `.g\u200cit` would be `.git`. */
const IGNORED_BY_HFS = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;
/** What Windows takes for `.git`: short names, trailing dots and spaces, alternate streams. */
const GIT_ON_NTFS = /^(?:\.git|git~1)[ .]*(?::.*)?$/i;

/** Checks a file of a tree to be written. Errors: `TREE_INVALID`. */
export function checkTreeFile(file: TreeFile): void {
  if (!FILE_MODES.includes(file.mode)) throw invalid(file.path, `has the mode ${file.mode.toString(8)}`);
  if (!file.path.isWellFormed()) throw invalid(file.path, 'is not well-formed Unicode');
  for (const segment of file.path.split('/')) {
    const problem = problemOf(segment);
    if (problem) throw invalid(file.path, problem);
  }
}

/**
 * Checks the names of a tree that was read, which may be anybody's: none leads out of its folder or into Git's own, none occurs twice
 * (a link and a folder of one name would lead out, too). Errors: `TREE_INVALID`.
 */
export function checkTreeNames(entries: readonly TreeEntry[]): void {
  const names = new Set<string>();
  for (const { name } of entries) {
    if (name === '' || name === '.' || name.includes('/') || leadsOut(name) || isGitDirectory(name))
      throw invalid(name, 'is not one that a tree may hold');
    if (names.has(name)) throw invalid(name, 'occurs twice in a tree');
    names.add(name);
  }
}

function problemOf(segment: string): string | undefined {
  if (segment === '') return 'has an empty part';
  if (segment === '.') return 'has a part "."';
  if (leadsOut(segment)) return 'has a part ".."';
  if (segment.includes('\0')) return 'holds a NUL character';
  if (Buffer.byteLength(segment) > 255) return 'has a part of more than 255 bytes';
  if (isGitDirectory(segment)) return "would be inside Git's own directory";
  if (process.platform === 'win32' && /[\\:]/.test(segment)) return 'cannot exist on Windows';
  return undefined;
}

/** Windows separates the parts of a path by backslashes, too: such a tree is refused everywhere, so that it reaches nobody there. */
function partsOnAnySystem(segment: string): readonly string[] {
  return segment.split('\\');
}

function leadsOut(segment: string): boolean {
  return partsOnAnySystem(segment).includes('..');
}

function isGitDirectory(segment: string): boolean {
  return partsOnAnySystem(segment).some(
    part => GIT_ON_NTFS.test(part) || part.replace(IGNORED_BY_HFS, '').toLowerCase() === '.git',
  );
}

export function invalid(path: string, problem: string): MgitError {
  return new MgitError('TREE_INVALID', `the path ${JSON.stringify(path)} ${problem}`, {
    hint: 'rename the file',
  });
}
