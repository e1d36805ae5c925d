import { type Token, tokensOf } from './wildmatch-tokens.ts';

/** Tells whether a path (relative, with `/`) matches. */
export type PathMatcher = (path: string) => boolean;

const SLASH = 0x2f;

/**
 * A pattern as Git's `wildmatch` reads it with `WM_PATHNAME`: `*` and `?` stop at slashes, `**` as a whole path
 * component crosses them, `[...]` holds ranges, POSIX classes and `!` or `^`, a backslash quotes. Bytes are matched, not characters, in
 * time proportional to pattern times path: patterns come from whoever wrote the repository.
 */
export function wildmatch(pattern: string, ignoreCase = false): PathMatcher {
  const [, ending] = ignoreCase ? [] : (ENDING_ONLY.exec(pattern) ?? []);
  if (ending !== undefined) return path => hasEnding(path, ending);
  const tokens = tokensOf(Buffer.from(pattern, 'utf8').toString('latin1'), ignoreCase);
  if (tokens === undefined) return () => false;
  return path => {
    let states = closure(tokens, [0]);
    for (const byte of Buffer.from(path, 'utf8')) {
      if (states.size === 0) return false;
      states = step(tokens, states, byte);
    }
    return states.has(tokens.length);
  };
}

/** `*.safetensors`: what nearly all patterns are like, and what every path is held against. */
const ENDING_ONLY = /^\*([^*?[\]\\/]*)$/;

/** The star stands for anything but slashes. */
function hasEnding(path: string, ending: string): boolean {
  return path.endsWith(ending) && !path.includes('/');
}

/**
 * The steps that may come next; negative numbers stand for a `folders` step that is within a folder's name and so cannot
 * be left before a slash.
 */
type States = ReadonlySet<number>;

function step(tokens: readonly Token[], states: States, byte: number): States {
  const next: number[] = [];
  for (const state of states) {
    const at = state < 0 ? -state - 1 : state;
    const token = tokens[at];
    if (token === undefined) continue;
    if (token.kind === 'folders') {
      next.push(-at - 1);
      if (byte === SLASH) next.push(at + 1);
    } else if (token.bytes.has(byte)) next.push(token.kind === 'many' ? at : at + 1);
  }
  return closure(tokens, next);
}

/** Adds the steps that may be skipped. */
function closure(tokens: readonly Token[], states: readonly number[]): States {
  const all = new Set(states);
  for (const state of all) {
    const token = state < 0 ? undefined : tokens[state];
    if (token !== undefined && token.kind !== 'one') all.add(state + 1);
  }
  return all;
}
