/** Tells whether a path (relative, with `/`) matches. */
export type PathMatcher = (path: string) => boolean;

const NEVER = /(?!)/;

const CLASSES: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  blank: ' \\t',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  graph: '\\x21-\\x7e',
  lower: 'a-z',
  print: '\\x20-\\x7e',
  punct: '\\x21-\\x2f\\x3a-\\x40\\x5b-\\x60\\x7b-\\x7e',
  space: ' \\t\\n\\v\\f\\r',
  upper: 'A-Z',
  xdigit: '0-9A-Fa-f',
};

/**
 * A pattern as Git's `wildmatch` reads it with `WM_PATHNAME`: `*` and `?` stop at slashes, `**` as a whole path
 * component crosses them, `[...]` holds ranges, POSIX classes and `!` or `^`, a backslash quotes. Bytes are matched, not characters.
 */
export function wildmatch(pattern: string, ignoreCase = false): PathMatcher {
  const source = translate(bytesOf(pattern));
  const expression = source === undefined ? NEVER : new RegExp(`^${source}$`, ignoreCase ? 'is' : 's');
  return path => expression.test(bytesOf(path));
}

/** One character per UTF-8 byte. */
function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** The regular expression of a pattern, or undefined for one that matches nothing. */
function translate(pattern: string): string | undefined {
  let source = '';
  for (let at = 0; at < pattern.length; ) {
    const part = partAt(pattern, at);
    if (part === undefined) return undefined;
    source += part.source;
    at = part.end;
  }
  return source;
}

interface Part {
  readonly source: string;
  readonly end: number;
}

function partAt(pattern: string, at: number): Part | undefined {
  const character = pattern[at] as string;
  if (character === '*') return stars(pattern, at);
  if (character === '?') return { source: '[^/]', end: at + 1 };
  if (character === '[') return bracket(pattern, at);
  if (character !== '\\') return { source: literal(character), end: at + 1 };
  const quoted = pattern[at + 1];
  return quoted === undefined ? undefined : { source: literal(quoted), end: at + 2 };
}

function stars(pattern: string, at: number): Part {
  let end = at;
  while (pattern[end] === '*') end++;
  const startsComponent = at === 0 || pattern[at - 1] === '/';
  if (end - at >= 2 && startsComponent) {
    if (end === pattern.length) return { source: '.*', end };
    if (pattern[end] === '/') return { source: '(?:.*/)?', end: end + 1 };
  }
  return { source: '[^/]*', end };
}

function bracket(pattern: string, at: number): Part | undefined {
  let end = at + 1;
  const negated = pattern[end] === '!' || pattern[end] === '^';
  if (negated) end++;
  let members = '';
  for (let first = true; first || pattern[end] !== ']'; first = false) {
    const member = memberAt(pattern, end);
    if (member === undefined) return undefined;
    members += member.source;
    end = member.end;
  }
  const set = negated ? `[^${members}]` : members === '' ? NEVER.source : `[${members}]`;
  return { source: `(?!/)${set}`, end: end + 1 };
}

/** A class, a range or a single character inside brackets. */
function memberAt(pattern: string, at: number): Part | undefined {
  if (pattern.startsWith('[:', at)) return classAt(pattern, at);
  const low = characterAt(pattern, at);
  if (low === undefined) return undefined;
  if (pattern[low.end] !== '-' || pattern[low.end + 1] === ']' || pattern[low.end + 1] === undefined)
    return { source: escapeMember(low.source), end: low.end };
  const high = characterAt(pattern, low.end + 1);
  if (high === undefined) return undefined;
  const source = low.source > high.source ? '' : `${escapeMember(low.source)}-${escapeMember(high.source)}`;
  return { source, end: high.end };
}

function classAt(pattern: string, at: number): Part | undefined {
  const close = pattern.indexOf(']', at + 2);
  if (close < 0) return undefined;
  if (pattern[close - 1] !== ':' || close === at + 2) return { source: '\\[', end: at + 1 };
  const members = CLASSES[pattern.slice(at + 2, close - 1)];
  return members === undefined ? undefined : { source: members, end: close + 1 };
}

function characterAt(pattern: string, at: number): Part | undefined {
  const isQuoted = pattern[at] === '\\';
  const character = pattern[isQuoted ? at + 1 : at];
  return character === undefined ? undefined : { source: character, end: at + (isQuoted ? 2 : 1) };
}

function escapeMember(character: string): string {
  return /[\\\]^[-]/.test(character) ? `\\${character}` : character;
}

function literal(character: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character;
}
