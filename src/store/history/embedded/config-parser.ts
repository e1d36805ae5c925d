import { MgitError } from '../../../base/errors.ts';

/** A section's header or a variable of a configuration file, and where it stands in the text. */
export interface ConfigItem {
  readonly kind: 'section' | 'variable';
  /** `section`, `section.subsection` or `section.subsection.name`, normalised. */
  readonly key: string;
  readonly value: string;
  readonly start: number;
  /** After the last character; a variable's line feed is not part of it. */
  readonly end: number;
}

/** Parses Git's configuration syntax. A variable without `=` is `true`. Errors: `CONFIG_CORRUPT`. */
export function parseConfig(source: string, file: string): readonly ConfigItem[] {
  const text = source.startsWith('\ufeff') ? ` ${source.slice(1)}` : source;
  const items: ConfigItem[] = [];
  let section: string | undefined;
  for (let at = 0; at < text.length; ) {
    const character = text[at] ?? '';
    if (/\s/.test(character)) at++;
    else if (character === '#' || character === ';') at = lineEnd(text, at);
    else {
      const item = character === '[' ? parseHeader(text, at) : parseVariable(text, at, section);
      if (item === undefined) throw corrupt(file, text, at);
      items.push(item);
      if (item.kind === 'section') section = item.key;
      at = item.end;
    }
  }
  return items;
}

/** `[section]`, `[section.sub]` (old, ignores case) or `[section "Sub"]`. */
function parseHeader(text: string, start: number): ConfigItem | undefined {
  const match = /\[([A-Za-z0-9.-]+)(?:[ \t]+"((?:[^"\\\n]|\\[^\n])*)")?\]/y;
  match.lastIndex = start;
  const found = match.exec(text);
  if (!found) return undefined;
  const [whole, name = '', subsection] = found;
  const rest = subsection === undefined ? '' : `.${subsection.replace(/\\(.)/g, '$1')}`;
  return { kind: 'section', key: name.toLowerCase() + rest, value: '', start, end: start + whole.length };
}

function parseVariable(text: string, start: number, section: string | undefined): ConfigItem | undefined {
  const match = /([A-Za-z][A-Za-z0-9-]*)[ \t]*(=?)/y;
  match.lastIndex = start;
  const found = match.exec(text);
  if (!found || section === undefined) return undefined;
  const [whole, name = '', equals] = found;
  const key = `${section}.${name.toLowerCase()}`;
  const after = start + whole.length;
  if (equals !== '') {
    const parsed = parseValue(text, after);
    return parsed && { kind: 'variable', key, start, ...parsed };
  }
  return after === text.length || /\r?\n/y.test(text.slice(after, after + 2))
    ? { kind: 'variable', key, value: 'true', start, end: after }
    : undefined;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', b: '\b', '\\': '\\', '"': '"' };

/** Quotes toggle, a backslash before the line's end continues it, `#` and `;` end the value, white space at the ends is dropped. */
function parseValue(text: string, from: number): { value: string; end: number } | undefined {
  let value = '';
  let kept = 0; // Length of the value up to what may not be dropped.
  let quoted = false;
  let at = from;
  for (; at < text.length && !isLineFeed(text, at); at++) {
    const character = text[at] ?? '';
    if (character === '\\') {
      const next = text[at + 1] === '\r' && text[at + 2] === '\n' ? '\n' : (text[at + 1] ?? '\n');
      at += text[at + 1] === '\r' ? 2 : 1;
      if (next === '\n') continue;
      const literal = ESCAPES[next];
      if (literal === undefined) return undefined;
      value += literal;
      kept = value.length;
    } else if (character === '"') {
      quoted = !quoted;
      kept = value.length;
    } else if (!quoted && (character === '#' || character === ';')) {
      return { value: value.slice(0, kept), end: lineEnd(text, at) };
    } else if (quoted || !/\s/.test(character)) {
      value += character;
      kept = value.length;
    } else if (value !== '' || kept > 0) value += character;
  }
  return quoted ? undefined : { value: value.slice(0, kept), end: at };
}

function isLineFeed(text: string, at: number): boolean {
  return text[at] === '\n' || (text[at] === '\r' && text[at + 1] === '\n');
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}

function corrupt(file: string, text: string, at: number): MgitError {
  const line = text.slice(0, at).split('\n').length;
  return new MgitError('CONFIG_CORRUPT', `line ${line} of ${file} is not a valid configuration`, {
    hint: `correct line ${line} of the file`,
  });
}
