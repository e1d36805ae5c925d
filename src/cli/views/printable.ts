// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
const CONTROLS = /\u001b\[[\d;]*m|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;
const LONGEST_LABEL = 80;

/**
 * A text that is safe on a terminal: names of files and tensors come from strangers, and must not move the cursor, set a title or
 * turn text around. Line feeds, tabs and colours stay; other control characters are shown as `\xHH` or `\uHHHH`.
 */
export function printable(text: string): string {
  return text.replace(CONTROLS, found => (found.length > 1 ? found : escaped(found)));
}

/** A name as a cell of a table: one line, without control characters; a very long one loses its middle. */
export function label(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
  const line = printable(name.replace(/[\u0009\u000a\u001b]/g, escaped));
  if (line === '') return "''";
  if (line.length <= LONGEST_LABEL) return line;
  const half = LONGEST_LABEL / 2 - 1;
  return `${line.slice(0, half)}...${line.slice(-half)}`;
}

function escaped(character: string): string {
  const code = character.charCodeAt(0);
  const [mark, digits] = code < 0x100 ? ['x', 2] : ['u', 4];
  return `\\${mark}${code.toString(16).padStart(digits, '0')}`;
}
