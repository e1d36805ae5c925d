/** One step of a pattern. `one`: one of these bytes; `many`: any run of them; `folders`: nothing, or anything up to a slash. */
export type Token =
  | { readonly kind: 'one' | 'many'; readonly bytes: ReadonlySet<number> }
  | { readonly kind: 'folders' };

const SLASH = 0x2f;
const ALL = new Set(Array.from({ length: 256 }, (_, byte) => byte));
const NO_SLASH = new Set([...ALL].filter(byte => byte !== SLASH));

const range = (low: number, high: number): number[] =>
  Array.from({ length: Math.max(0, high - low + 1) }, (_, index) => low + index);

const DIGITS = range(0x30, 0x39);
const UPPER = range(0x41, 0x5a);
const LOWER = range(0x61, 0x7a);
const PUNCTUATION = [...range(0x21, 0x2f), ...range(0x3a, 0x40), ...range(0x5b, 0x60), ...range(0x7b, 0x7e)];

const CLASSES: Readonly<Record<string, readonly number[]>> = {
  alnum: [...DIGITS, ...UPPER, ...LOWER],
  alpha: [...UPPER, ...LOWER],
  blank: [0x20, 0x09],
  cntrl: [...range(0, 0x1f), 0x7f],
  digit: DIGITS,
  graph: range(0x21, 0x7e),
  lower: LOWER,
  print: range(0x20, 0x7e),
  punct: PUNCTUATION,
  space: [0x20, ...range(0x09, 0x0d)],
  upper: UPPER,
  xdigit: [...DIGITS, ...range(0x41, 0x46), ...range(0x61, 0x66)],
};

/** A part of a pattern: what was read, and where it ends. */
interface Part<Read> {
  readonly read: Read;
  readonly end: number;
}

/** Splits a pattern (one character per byte) into its steps; undefined for one that matches nothing. */
export function tokensOf(pattern: string, ignoreCase: boolean): Token[] | undefined {
  const tokens: Token[] = [];
  for (let at = 0; at < pattern.length; ) {
    const part = tokenAt(pattern, at);
    if (part === undefined) return undefined;
    tokens.push(ignoreCase ? withoutCase(part.read) : part.read);
    at = part.end;
  }
  return tokens;
}

function tokenAt(pattern: string, at: number): Part<Token> | undefined {
  const character = pattern[at];
  if (character === '*') return stars(pattern, at);
  if (character === '?') return { read: { kind: 'one', bytes: NO_SLASH }, end: at + 1 };
  if (character === '[') return bracket(pattern, at);
  const literal = characterAt(pattern, at);
  return literal && { read: { kind: 'one', bytes: new Set([literal.read]) }, end: literal.end };
}

function stars(pattern: string, at: number): Part<Token> {
  let end = at;
  while (pattern[end] === '*') end++;
  const startsComponent = at === 0 || pattern[at - 1] === '/';
  if (end - at >= 2 && startsComponent) {
    if (end === pattern.length) return { read: { kind: 'many', bytes: ALL }, end };
    if (pattern[end] === '/') return { read: { kind: 'folders' }, end: end + 1 };
  }
  return { read: { kind: 'many', bytes: NO_SLASH }, end };
}

function bracket(pattern: string, at: number): Part<Token> | undefined {
  let end = at + 1;
  const negated = pattern[end] === '!' || pattern[end] === '^';
  if (negated) end++;
  const members = new Set<number>();
  for (let first = true; first || pattern[end] !== ']'; first = false) {
    const member = memberAt(pattern, end);
    if (member === undefined) return undefined;
    for (const byte of member.read) members.add(byte);
    end = member.end;
  }
  const bytes = new Set([...NO_SLASH].filter(byte => members.has(byte) !== negated));
  return { read: { kind: 'one', bytes }, end: end + 1 };
}

/** A class, a range or a single character inside brackets. */
function memberAt(pattern: string, at: number): Part<readonly number[]> | undefined {
  if (pattern.startsWith('[:', at)) return classAt(pattern, at);
  const low = characterAt(pattern, at);
  if (low === undefined) return undefined;
  const isRange =
    pattern[low.end] === '-' && pattern[low.end + 1] !== ']' && pattern[low.end + 1] !== undefined;
  if (!isRange) return { read: [low.read], end: low.end };
  const high = characterAt(pattern, low.end + 1);
  return high && { read: range(low.read, high.read), end: high.end };
}

function classAt(pattern: string, at: number): Part<readonly number[]> | undefined {
  const close = pattern.indexOf(']', at + 2);
  if (close < 0) return undefined;
  if (pattern[close - 1] !== ':' || close === at + 2) return { read: [0x5b], end: at + 1 };
  const members = CLASSES[pattern.slice(at + 2, close - 1)];
  return members && { read: members, end: close + 1 };
}

/** A byte, or the one that a backslash quotes. */
function characterAt(pattern: string, at: number): Part<number> | undefined {
  const end = at + (pattern[at] === '\\' ? 2 : 1);
  return end > pattern.length ? undefined : { read: pattern.charCodeAt(end - 1), end };
}

function withoutCase(token: Token): Token {
  if (token.kind === 'folders') return token;
  const other = (byte: number): number => (UPPER.includes(byte) || LOWER.includes(byte) ? byte ^ 0x20 : byte);
  return { kind: token.kind, bytes: new Set([...token.bytes].flatMap(byte => [byte, other(byte)])) };
}
