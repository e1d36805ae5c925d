import { MgitError } from '../../base/errors.ts';
import { globMatcher } from '../../base/globs.ts';
import type { Repository } from '../repository.ts';
import { repositoryPath } from './work-tree.ts';

/** Which paths a command line names: files, folders (all below), globs whose `*` crosses slashes; `:!` excludes, `:/` starts at the root. */
export interface Pathspec {
  matches(path: string): boolean;
  /** The items, as typed, that none of these paths matches; excluding items are never among them. */
  unmatched(paths: Iterable<string>): readonly string[];
  /** The paths named literally (no glob), as typed and relative to the root. */
  readonly literal: readonly { readonly typed: string; readonly path: string }[];
}

interface Item {
  readonly typed: string;
  readonly path: string;
  readonly excludes: boolean;
  readonly isGlob: boolean;
  readonly matches: (path: string) => boolean;
}

/** Reads pathspecs typed in `cwd`; none match everything. Errors: `PATH_OUTSIDE`, `PATHSPEC_UNSUPPORTED`. */
export function parsePathspec(repository: Repository, cwd: string, typed: readonly string[]): Pathspec {
  const items = typed.map(text => parseItem(repository, cwd, text));
  const wanted = items.filter(item => !item.excludes);
  const unwanted = items.filter(item => item.excludes);
  return {
    matches: path =>
      (wanted.length === 0 || wanted.some(item => item.matches(path))) &&
      !unwanted.some(item => item.matches(path)),
    unmatched: paths => {
      const open = new Set(wanted.filter(item => item.path !== ''));
      for (const path of paths) for (const item of open) if (item.matches(path)) open.delete(item);
      return [...open].map(item => item.typed);
    },
    literal: wanted.filter(item => !item.isGlob),
  };
}

/** Refuses a command line that names paths no file has. Errors: `PATHSPEC_UNMATCHED`. */
export function requireMatches(pathspec: Pathspec, paths: Iterable<string>): void {
  const [typed] = pathspec.unmatched(paths);
  if (typed !== undefined)
    throw new MgitError('PATHSPEC_UNMATCHED', `${JSON.stringify(typed)} matches no file`, {
      hint: 'check the spelling, or see "mgit status" for the files there are',
    });
}

function parseItem(repository: Repository, cwd: string, typed: string): Item {
  const magic = /^:([!^/]+)(.*)$/s.exec(typed);
  if (magic === null && typed.startsWith(':'))
    throw new MgitError('PATHSPEC_UNSUPPORTED', `pathspec magic is not supported: ${typed}`, {
      hint: 'use plain paths, globs, ":/path" from the root or ":!path" to exclude',
    });
  const marks = magic?.[1] ?? '';
  const text = magic === null ? typed : (magic[2] ?? '');
  const from = marks.includes('/') ? repository.workTree : cwd;
  const path = repositoryPath(repository, from, text === '' ? '.' : text);
  const isGlob = /[*?[\]{}]/.test(path);
  const match = isGlob ? globMatcher(path) : undefined;
  return {
    typed,
    path,
    excludes: /[!^]/.test(marks),
    isGlob,
    matches: candidate => isBelow(candidate, path) || (match?.(candidate) ?? false),
  };
}

function isBelow(candidate: string, path: string): boolean {
  return path === '' || candidate === path || candidate.startsWith(`${path}/`) || candidate === `${path}/`;
}
