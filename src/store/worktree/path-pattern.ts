import { type PathMatcher, wildmatch } from './wildmatch.ts';

/** A pattern of `.gitignore` or `.gitattributes`, read for the directory whose file holds it. */
export interface PathPattern {
  readonly negated: boolean;
  readonly directoryOnly: boolean;
  /** Whether a path, relative to the root of the work tree, matches. */
  readonly matches: PathMatcher;
}

/**
 * Reads one pattern. Without a slash (a trailing one aside) it is held against the last component; otherwise against the path
 * from `directory` (`''` or `a/b/`). Source: gitignore(5).
 */
export function pathPattern(text: string, directory: string, ignoreCase: boolean): PathPattern {
  const negated = text.startsWith('!');
  const body = negated ? text.slice(1) : text;
  const directoryOnly = body.endsWith('/');
  const pattern = directoryOnly ? body.slice(0, -1) : body;
  const anchored = pattern.includes('/');
  const match = wildmatch(pattern.startsWith('/') ? pattern.slice(1) : pattern, ignoreCase);
  const matches: PathMatcher = path => {
    if (!path.startsWith(directory)) return false;
    return match(anchored ? path.slice(directory.length) : path.slice(path.lastIndexOf('/') + 1));
  };
  return { negated, directoryOnly, matches };
}
