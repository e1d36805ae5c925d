import { type PathPattern, pathPattern } from './path-pattern.ts';

/** The ignore rules that hold in one directory; see {@link ignoreRules}. */
export interface IgnoreRules {
  /** Whether a path (relative to the root, without a trailing slash) directly in this directory is ignored. */
  ignores(path: string, isDirectory: boolean): boolean;
  /** The rules for a directory below, whose own `.gitignore` (if any) is `text`. */
  enter(directory: string, text: string | undefined): IgnoreRules;
}

/**
 * Ignore rules as Git evaluates them: the nearest `.gitignore` with a matching line decides, then `info/exclude`, then the user's file;
 * in a file the last match. `files`: contents of the user's file and of `info/exclude`, lowest precedence first. Source: gitignore(5).
 * A caller must not descend into an ignored directory: what is in there cannot be included again.
 */
export function ignoreRules(files: readonly string[], ignoreCase: boolean): IgnoreRules {
  return level(
    files.map(text => parse(text, '', ignoreCase)),
    ignoreCase,
  );
}

function level(groups: readonly (readonly PathPattern[])[], ignoreCase: boolean): IgnoreRules {
  return {
    ignores: (path, isDirectory) => {
      for (const patterns of groups.toReversed()) {
        const match = patterns.findLast(
          pattern => (isDirectory || !pattern.directoryOnly) && pattern.matches(path),
        );
        if (match !== undefined) return !match.negated;
      }
      return false;
    },
    enter: (directory, text) =>
      text === undefined
        ? level(groups, ignoreCase)
        : level([...groups, parse(text, directory, ignoreCase)], ignoreCase),
  };
}

function parse(text: string, directory: string, ignoreCase: boolean): PathPattern[] {
  return text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .map(line => trimTrailingSpaces(line.replace(/\r$/, '')))
    .filter(line => line !== '' && !line.startsWith('#'))
    .map(line => pathPattern(line, directory, ignoreCase));
}

/** Trailing spaces do not count unless the last is quoted by a backslash. */
function trimTrailingSpaces(line: string): string {
  const trimmed = line.replace(/ +$/, '');
  const slashes = /\\*$/.exec(trimmed)?.[0].length ?? 0;
  return trimmed.length < line.length && slashes % 2 === 1 ? `${trimmed} ` : trimmed;
}
