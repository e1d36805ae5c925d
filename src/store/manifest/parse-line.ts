import type { Digest } from '../../base/ids.ts';
import { type Dtype, dtypeNamed } from '../../tensor/dtype.ts';
import { manifestCorrupt } from './corrupt.ts';
import { MANIFEST_LIMITS } from './limits.ts';
import { unescapeName } from './name-text.ts';

/** A run of bytes with its digest, as a line says it. */
export interface LineSpan {
  readonly offset: number;
  readonly length: number;
  readonly digest: Digest;
}

/** A tensor's description, as a line says it. `word` is the escaped name. */
export interface LineView {
  readonly word: string;
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** One line of a manifest after its head. */
export type ManifestLine =
  | { readonly kind: 'format'; readonly format: string }
  | { readonly kind: 'size'; readonly size: number }
  | ({ readonly kind: 'skeleton' | 'extent' } & LineSpan)
  | ({ readonly kind: 'tensor' } & LineSpan & LineView)
  | ({
      readonly kind: 'view';
      readonly offset: number;
      readonly strides?: readonly number[];
      readonly byteOrder: 'little' | 'big';
    } & LineView);

const WORDS: Readonly<Record<string, number>> = {
  format: 2,
  size: 2,
  skeleton: 4,
  extent: 4,
  tensor: 7,
  view: 7,
};
const NUMBER = /^(?:0|[1-9][0-9]{0,15})$/;
const NUMBERS = /^\[(?:(?:0|[1-9][0-9]{0,15})(?:,(?:0|[1-9][0-9]{0,15}))*)?\]$/;
const DIGEST = /^[0-9a-f]{64}$/;
const FORMAT = /^[a-z0-9][a-z0-9.-]{0,63}$/;

/** A line with its number, counted from 1. Its strings are parts of the line's text, which they hold in memory: see {@link apart}. */
export type NumberedLine = ManifestLine & { readonly line: number };

/** Lists of numbers that were read already: models have few shapes, and each is then read and held once. */
export type KnownLists = Map<string, readonly number[]>;

const MOST_KNOWN_LISTS = 10_000;

/** A copy of a part of a line, for whoever keeps it. */
export function apart<Text extends string>(text: Text): Text {
  return Buffer.from(text, 'utf8').toString('utf8') as Text;
}

/** Reads one line. Errors: `MANIFEST_CORRUPT` for anything but the grammar of `docs/format.md`. */
export function parseLine(text: string, line: number, lists: KnownLists = new Map()): NumberedLine {
  return tensorLine(text, line, lists) ?? { ...anyLine(text, { line, lists }), line };
}

const TENSOR = /^tensor ([^ ]+) ([A-Z0-9_]+) (\[[0-9,]*\]) ([0-9]{1,16}) ([0-9]{1,16}) ([0-9a-f]{64})$/;

/** Nearly all lines are `tensor` lines, and nearly all of them are right: undefined for any other, which is then looked at closely. */
function tensorLine(text: string, line: number, lists: KnownLists): NumberedLine | undefined {
  const found = TENSOR.exec(text);
  if (!found) return undefined;
  const [, word, dtypeText, shapeText, offset, length, digest] = found as unknown as Seven;
  const name = unescapeName(word);
  const dtype = dtypeNamed(dtypeText);
  if (name === undefined || dtype === undefined) return undefined;
  const shape = lists.get(shapeText) ?? knownNumbers(shapeText, { line, lists });
  return {
    kind: 'tensor',
    line,
    word,
    name,
    dtype,
    shape,
    offset: number(offset, line),
    length: number(length, line),
    digest: digest as Digest,
  };
}

type Seven = readonly [string, string, string, string, string, string, string];

interface LineContext {
  readonly line: number;
  readonly lists: KnownLists;
}

function anyLine(text: string, context: LineContext): ManifestLine {
  const { line } = context;
  const words = text.split(' ');
  const kind = words[0] as string;
  if (!Object.hasOwn(WORDS, kind))
    throw manifestCorrupt(line, `unknown line ${JSON.stringify(kind.slice(0, 40))}`);
  if (words.length !== WORDS[kind])
    throw manifestCorrupt(line, `"${kind}" takes ${(WORDS[kind] ?? 1) - 1} words`);
  const word = (at: number): string => words[at] as string;
  switch (kind) {
    case 'format':
      return { kind, format: formatName(word(1), line) };
    case 'size':
      return { kind, size: number(word(1), line) };
    case 'skeleton':
    case 'extent':
      return { kind, ...span([word(1), word(2), word(3)], line) };
    case 'tensor':
      return { kind, ...view(words, context), ...span([word(4), word(5), word(6)], line) };
    default:
      return {
        kind: 'view',
        ...view(words, context),
        ...strides(word(4), context),
        ...place(word(5), word(6), line),
      };
  }
}

function formatName(text: string, line: number): string {
  if (!FORMAT.test(text)) throw manifestCorrupt(line, 'not a format name');
  return text;
}

function number(text: string, line: number): number {
  const value = Number(text);
  if (!NUMBER.test(text) || !Number.isSafeInteger(value))
    throw manifestCorrupt(line, `not a number: ${JSON.stringify(text.slice(0, 40))}`);
  return value;
}

function knownNumbers(text: string, { line, lists }: LineContext): readonly number[] {
  const known = lists.get(text) ?? numbers(text, line);
  if (lists.size < MOST_KNOWN_LISTS) lists.set(text, known);
  return known;
}

function numbers(text: string, line: number): readonly number[] {
  if (!NUMBERS.test(text))
    throw manifestCorrupt(line, `not a list of numbers: ${JSON.stringify(text.slice(0, 40))}`);
  const values = text === '[]' ? [] : text.slice(1, -1).split(',').map(Number);
  if (values.length > MANIFEST_LIMITS.dimensions) throw manifestCorrupt(line, 'too many dimensions');
  if (!values.every(Number.isSafeInteger)) throw manifestCorrupt(line, 'a number is too large');
  return values;
}

function span([offset, length, digest]: readonly [string, string, string], line: number): LineSpan {
  if (!DIGEST.test(digest)) throw manifestCorrupt(line, 'not a SHA-256 digest');
  return { offset: number(offset, line), length: number(length, line), digest: digest as Digest };
}

function view(words: readonly string[], context: LineContext): LineView {
  const { line } = context;
  const [, word = '', dtypeText = '', shape = ''] = words;
  const dtype = dtypeNamed(dtypeText);
  const name = unescapeName(word);
  if (name === undefined)
    throw manifestCorrupt(line, `not an escaped name: ${JSON.stringify(word.slice(0, 80))}`);
  if (dtype === undefined)
    throw manifestCorrupt(line, `unknown dtype ${JSON.stringify(dtypeText.slice(0, 40))}`);
  return { word, name, dtype, shape: knownNumbers(shape, context) };
}

function strides(text: string, context: LineContext): { readonly strides?: readonly number[] } {
  return text === '-' ? {} : { strides: knownNumbers(text, context) };
}

function place(offset: string, order: string, line: number): { offset: number; byteOrder: 'little' | 'big' } {
  if (order !== 'little' && order !== 'big') throw manifestCorrupt(line, 'byte order is "little" or "big"');
  return { offset: number(offset, line), byteOrder: order };
}
