import { type ConfigItem, parseConfig } from './config-parser.ts';

/** One change of a configuration file: `value` null removes every occurrence of the key. */
export interface ConfigEdit {
  /** Normalised. */
  readonly key: string;
  /** The key as the user wrote it, for the name of a new variable. */
  readonly written: string;
  readonly value: string | null;
}

/** The text of a configuration file after a change; comments and layout stay. Errors: `CONFIG_CORRUPT`. */
export function editConfig(text: string, file: string, edit: ConfigEdit): string {
  const items = parseConfig(text, file);
  const found = items.filter(({ kind, key }) => kind === 'variable' && key === edit.key);
  const [first, ...rest] = found;
  if (edit.value === null) return removeAll(text, found);
  const line = `${edit.written.slice(edit.written.lastIndexOf('.') + 1)} = ${quoteValue(edit.value)}`;
  if (first !== undefined) {
    const without = removeAll(text, rest); // What follows `first` only, so its place stays.
    return without.slice(0, first.start) + line + without.slice(first.end);
  }
  return insert(text, items, { section: edit.key.slice(0, edit.key.lastIndexOf('.')), line });
}

function removeAll(text: string, items: readonly ConfigItem[]): string {
  return items.toReversed().reduce(removeOne, text);
}

/** With the whole line, where nothing else is on it. */
function removeOne(text: string, { start, end }: ConfigItem): string {
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const alone = text.slice(lineStart, start).trim() === '';
  if (!alone) return text.slice(0, start) + text.slice(end);
  return text.slice(0, lineStart) + text.slice(text[end] === '\n' ? end + 1 : end);
}

function insert(
  text: string,
  items: readonly ConfigItem[],
  { section, line }: { readonly section: string; readonly line: string },
): string {
  const last = items.findLast(
    ({ kind, key }) =>
      (kind === 'section' && key === section) ||
      (kind === 'variable' && key.slice(0, key.lastIndexOf('.')) === section),
  );
  if (last !== undefined) return `${text.slice(0, last.end)}\n\t${line}${text.slice(last.end)}`;
  const ended = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  return `${ended}${header(section)}\n\t${line}\n`;
}

function header(section: string): string {
  const dot = section.indexOf('.');
  if (dot < 0) return `[${section}]`;
  return `[${section.slice(0, dot)} "${section.slice(dot + 1).replace(/[\\"]/g, '\\$&')}"]`;
}

/** Quoted only where it must be, as git writes it. */
function quoteValue(value: string): string {
  const escaped = value
    .replace(/[\\"]/g, '\\$&')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t')
    .replaceAll('\b', '\\b');
  return /^\s|\s$|[;#\r]/.test(value) ? `"${escaped}"` : escaped;
}
