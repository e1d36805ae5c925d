import { type PathPattern, pathPattern } from './path-pattern.ts';

/** `true` set, `false` unset (`-name`), a string (`name=value`), `null` explicitly unspecified (`!name`). */
export type AttributeState = true | false | string | null;

/** One line of a `.gitattributes` file. */
export type AttributeRule =
  | { readonly kind: 'paths'; readonly pattern: PathPattern; readonly states: AttributeStates }
  | { readonly kind: 'macro'; readonly name: string; readonly states: AttributeStates };

export type AttributeStates = readonly (readonly [name: string, state: AttributeState])[];

/** Git ignores longer lines, and so do we. Source: `ATTR_MAX_LINE_LENGTH` in Git's attr.h. */
const LONGEST_LINE = 2048;

/** Reads a `.gitattributes` file of `directory` (`''` or `a/b/`). Lines that Git would ignore with a warning are ignored. */
export function parseAttributes(text: string, directory: string, ignoreCase: boolean): AttributeRule[] {
  return text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .flatMap(line => parseLine(line.replace(/^[ \t\r]+/, ''), directory, ignoreCase));
}

function parseLine(line: string, directory: string, ignoreCase: boolean): AttributeRule[] {
  if (line === '' || line.startsWith('#') || line.length >= LONGEST_LINE) return [];
  const { head, rest } = splitHead(line);
  if (head === undefined) return [];
  const states = rest
    .split(/[ \t\r]+/)
    .filter(word => word !== '')
    .map(stateOf);
  if (line.startsWith('[attr]')) return macroRule(head.slice('[attr]'.length), rest, states);
  if (head.startsWith('!')) return []; // Negative patterns are forbidden in attributes.
  return [{ kind: 'paths', pattern: pathPattern(head, directory, ignoreCase), states }];
}

function macroRule(name: string, rest: string, states: AttributeStates): AttributeRule[] {
  if (name !== '') return [{ kind: 'macro', name, states }];
  const { head, rest: others } = splitHead(rest.trimStart());
  return head === undefined || others === undefined
    ? []
    : [{ kind: 'macro', name: head, states: states.slice(1) }];
}

function splitHead(line: string): { readonly head: string | undefined; readonly rest: string } {
  if (line.startsWith('"')) return splitQuoted(line);
  const end = line.search(/[ \t\r]/);
  return end < 0 ? { head: line, rest: '' } : { head: line.slice(0, end), rest: line.slice(end) };
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** A pattern in C quotes, octal escapes standing for bytes of UTF-8. */
function splitQuoted(line: string): { readonly head: string | undefined; readonly rest: string } {
  const match = /^"((?:[^"\\]|\\.)*)"/.exec(line);
  if (match === null) return { head: undefined, rest: '' };
  const bytes = Buffer.from(match[1] ?? '', 'utf8').toString('latin1');
  const unquoted = bytes.replace(/\\([0-3][0-7]{2}|.)/g, (_, code: string) =>
    code.length === 3 ? String.fromCharCode(Number.parseInt(code, 8)) : (ESCAPES[code] ?? code),
  );
  return { head: Buffer.from(unquoted, 'latin1').toString('utf8'), rest: line.slice(match[0].length) };
}

/** A pattern as a line of `.gitattributes` begins with it: in C quotes where it must be. */
export function quotePattern(pattern: string): string {
  if (!/[\s"]/.test(pattern) && !/^[#!]/.test(pattern)) return pattern;
  return `"${pattern.replace(/["\\]/g, '\\$&').replace(/\n/g, '\\n')}"`;
}

function stateOf(word: string): readonly [string, AttributeState] {
  if (word.startsWith('-')) return [word.slice(1), false];
  if (word.startsWith('!')) return [word.slice(1), null];
  const equals = word.indexOf('=');
  return equals < 0 ? [word, true] : [word.slice(0, equals), word.slice(equals + 1)];
}
