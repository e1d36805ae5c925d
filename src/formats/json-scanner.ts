import { MgitError } from '../base/errors.ts';

/**
 * A place in JSON text, as UTF-8 that has been checked. The scanner hands out one value at a time and keeps nothing, so a header of 100 MB
 * costs no more than what its reader keeps; unlike `JSON.parse` it refuses duplicate keys and bounds nesting.
 */
export interface JsonCursor {
  readonly text: Buffer;
  /** Code of the errors. */
  readonly code: string;
  at: number;
  /** What is being read, for error messages. */
  subject: string;
}

/** Nesting beyond this is an attack, not a header. */
const MAX_DEPTH = 32;

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const LITERALS = ['true', 'false', 'null'] as const;
/** Longer numbers are refused unread. */
const MAX_NUMBER_LENGTH = 64;

/** Throws the cursor's error for the place where it stands. */
export function failJson(cursor: JsonCursor, problem: string): never {
  throw new MgitError(cursor.code, `${cursor.subject}: ${problem} at byte ${cursor.at}`);
}

/** The keys of an object that were read. */
export interface KeySet {
  has(key: string): boolean;
  add(key: string): void;
}

/** Reads `{...}`; `onMember` reads each value, its key noted in `seen` already. Keys are unique: a second one is an error. */
export function readObject(
  cursor: JsonCursor,
  onMember: (key: string) => void,
  seen: KeySet = new Set(),
): void {
  readList(cursor, '{}', () => {
    const key = readString(cursor);
    if (seen.has(key)) failJson(cursor, `duplicate key ${JSON.stringify(key.slice(0, 200))}`);
    seen.add(key);
    expectByte(cursor, ':');
    onMember(key);
  });
}

/** Reads `[...]`; `onItem` reads each item. */
export function readArray(cursor: JsonCursor, onItem: () => void): void {
  readList(cursor, '[]', onItem);
}

function readList(cursor: JsonCursor, brackets: '{}' | '[]', onItem: () => void): void {
  expectByte(cursor, brackets.charAt(0));
  if (takeByte(cursor, brackets.charAt(1))) return;
  do onItem();
  while (takeByte(cursor, ','));
  expectByte(cursor, brackets.charAt(1));
}

/** Reads a string; escapes are decoded, lone surrogates refused. */
export function readString(cursor: JsonCursor): string {
  expectByte(cursor, '"');
  const start = cursor.at;
  let escaped = false;
  for (; ; cursor.at++) {
    const byte = cursor.text[cursor.at];
    if (byte === undefined || byte < 0x20) failJson(cursor, 'a string does not end');
    if (byte === 0x22) break;
    if (byte !== 0x5c) continue;
    escaped = true;
    cursor.at++;
  }
  const raw = cursor.text.toString('utf8', start, cursor.at++);
  return escaped ? decodeEscapes(cursor, raw) : raw;
}

function decodeEscapes(cursor: JsonCursor, raw: string): string {
  let text: string;
  try {
    text = JSON.parse(`"${raw}"`);
  } catch {
    return failJson(cursor, 'a string with an unknown escape ends');
  }
  if (!text.isWellFormed()) failJson(cursor, 'a string that is not valid Unicode ends');
  return text;
}

/** Reads an integer from 0 to 2^53 - 1, written without sign, leading zeros, fraction and exponent. */
export function readNatural(cursor: JsonCursor): number {
  skipSpace(cursor);
  const start = cursor.at;
  let value = 0;
  for (let digit = digitAt(cursor); digit >= 0; digit = digitAt(cursor)) {
    value = value * 10 + digit;
    if (value > Number.MAX_SAFE_INTEGER) failJson(cursor, 'a number is too large');
    cursor.at++;
  }
  const length = cursor.at - start;
  const next = cursor.text[cursor.at];
  const goesOn = next === 0x2e || next === 0x65 || next === 0x45; // A fraction or an exponent.
  if (length === 0 || goesOn || (length > 1 && cursor.text[start] === 0x30))
    failJson(cursor, 'expected a whole number that is not negative');
  return value;
}

/** The value of the digit at the cursor, or -1. */
function digitAt({ text, at }: JsonCursor): number {
  const byte = text[at] ?? 0;
  return byte >= 0x30 && byte <= 0x39 ? byte - 0x30 : -1;
}

/** Passes over any value. */
export function skipValue(cursor: JsonCursor, depth = 0): void {
  if (depth > MAX_DEPTH) failJson(cursor, `nesting deeper than ${MAX_DEPTH}`);
  skipSpace(cursor);
  const first = String.fromCharCode(cursor.text[cursor.at] ?? 0);
  if (first === '"') readString(cursor);
  else if (first === '{') readObject(cursor, () => skipValue(cursor, depth + 1));
  else if (first === '[') readArray(cursor, () => skipValue(cursor, depth + 1));
  else skipScalar(cursor);
}

function skipScalar(cursor: JsonCursor): void {
  const rest = cursor.text.toString('latin1', cursor.at, cursor.at + 5);
  const token = LITERALS.find(literal => rest.startsWith(literal)) ?? numberToken(cursor);
  if (token === '') failJson(cursor, 'expected a value');
  cursor.at += token.length;
}

/** After the last value: only white space may follow. */
export function expectEnd(cursor: JsonCursor): void {
  skipSpace(cursor);
  if (cursor.at < cursor.text.length) failJson(cursor, 'something follows the end of the JSON value');
}

function numberToken(cursor: JsonCursor): string {
  NUMBER.lastIndex = 0;
  return NUMBER.exec(cursor.text.toString('latin1', cursor.at, cursor.at + MAX_NUMBER_LENGTH))?.[0] ?? '';
}

function expectByte(cursor: JsonCursor, character: string): void {
  if (!takeByte(cursor, character)) failJson(cursor, `expected '${character}'`);
}

function takeByte(cursor: JsonCursor, character: string): boolean {
  skipSpace(cursor);
  if (cursor.text[cursor.at] !== character.charCodeAt(0)) return false;
  cursor.at++;
  return true;
}

function skipSpace(cursor: JsonCursor): void {
  for (;;) {
    const byte = cursor.text[cursor.at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
    cursor.at++;
  }
}
