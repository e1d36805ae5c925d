import { isUtf8 } from 'node:buffer';
import { manifestCorrupt } from './corrupt.ts';
import { MANIFEST_LIMITS } from './limits.ts';
import { tensorAlone } from './line-tensor.ts';
import type { ManifestTensor } from './manifest.ts';
import { compareUtf8, unescapeName } from './name-text.ts';
import { type KnownLists, parseLine } from './parse-line.ts';
import { MANIFEST_HEAD } from './write-manifest.ts';

/** The versions of one tensor in two manifests; `same` where their lines are equal, which are then not even parsed. */
export type TensorLines =
  | { readonly same: true; readonly name: string }
  | {
      readonly same: false;
      readonly name: string;
      readonly before: ManifestTensor | undefined;
      readonly after: ManifestTensor | undefined;
    };

const HEAD = Buffer.from(`${MANIFEST_HEAD.join('\n')}\n`);
/** A plain manifest without tensors. */
export const NO_TENSORS: Uint8Array = HEAD;
const TENSOR = Buffer.from('tensor ');
const LINE_FEED = 10;

/**
 * True for a manifest whose tensors each have an extent of their own, so that equal lines mean equal tensors. Others must be parsed as
 * a whole to be compared.
 */
export function isPlainText(manifest: Uint8Array): boolean {
  const text = bufferOf(manifest);
  if (text.length > MANIFEST_LIMITS.textBytes || !isUtf8(text)) return false;
  return (
    text.subarray(0, HEAD.length).equals(HEAD) && !text.includes('\nview ') && !text.includes('\nextent ')
  );
}

/**
 * Pairs the tensors of two plain manifests by name, in their order, with as little work as they differ. Equal lines are trusted; others
 * are checked as they are read. Errors: `MANIFEST_CORRUPT`.
 */
export function* pairTexts(before: Uint8Array, after: Uint8Array): Generator<TensorLines> {
  const [left, right] = [tensorLines(before), tensorLines(after)];
  while (left.isThere() || right.isThere()) {
    if (left.equals(right)) {
      yield { same: true, name: left.name() };
      left.next();
      right.next();
      continue;
    }
    const [l, r] = [left.parsed(), right.parsed()];
    const order = !l ? 1 : !r ? -1 : compareUtf8(l.word, r.word);
    const first = (order <= 0 ? l : r) as Parsed;
    yield {
      same: false,
      name: first.tensor.name,
      before: order <= 0 ? l?.tensor : undefined,
      after: order >= 0 ? r?.tensor : undefined,
    };
    if (order <= 0) left.next();
    if (order >= 0) right.next();
  }
}

/** The tensors of a plain manifest, counted by their lines. */
export function countTensors(manifest: Uint8Array): number {
  let count = 0;
  for (const lines = tensorLines(manifest); lines.isThere(); lines.next()) count++;
  return count;
}

interface Parsed {
  readonly word: string;
  readonly tensor: ManifestTensor;
}

interface LineCursor {
  readonly text: Buffer;
  /** Where the line lies in the text. */
  readonly from: number;
  readonly to: number;
  isThere(): boolean;
  equals(other: LineCursor): boolean;
  /** Of a line that is there. */
  name(): string;
  parsed(): Parsed | undefined;
  next(): void;
}

/** Goes through the `tensor` lines of a plain manifest. */
function tensorLines(manifest: Uint8Array): LineCursor {
  const text = bufferOf(manifest);
  const lists: KnownLists = new Map();
  let { at: from, line } = firstTensor(text);
  let to = endOfLine(text, from, line);
  let known: Parsed | undefined;
  let lastWord: string | undefined;
  const parse = (): Parsed => {
    const read = parseLine(text.toString('utf8', from, to), line, lists);
    if (read.kind !== 'tensor') throw manifestCorrupt(line, `"${read.kind}" is out of place`);
    if (lastWord !== undefined && compareUtf8(lastWord, read.word) >= 0)
      throw manifestCorrupt(line, 'names are not sorted, or one occurs twice');
    lastWord = read.word;
    return { word: read.word, tensor: tensorAlone(read) };
  };
  const isThere = (): boolean => from < text.length;
  return {
    text,
    get from() {
      return from;
    },
    get to() {
      return to;
    },
    isThere,
    equals: other =>
      to - from === other.to - other.from && text.compare(other.text, other.from, other.to, from, to) === 0,
    name: () => {
      const end = text.indexOf(' ', from + TENSOR.length);
      const name = unescapeName(text.toString('utf8', from + TENSOR.length, end < 0 ? to : end));
      if (name === undefined) throw manifestCorrupt(line, 'not an escaped name');
      return name;
    },
    parsed: () => {
      known ??= isThere() ? parse() : undefined;
      return known;
    },
    next: () => {
      known = undefined;
      line++;
      from = to + 1;
      to = endOfLine(text, from, line);
    },
  };
}

/** Passes over head and skeleton. */
function firstTensor(text: Buffer): { readonly at: number; readonly line: number } {
  let at = HEAD.length;
  let line = MANIFEST_HEAD.length + 1;
  for (; at < text.length && !text.subarray(at, at + TENSOR.length).equals(TENSOR); line++)
    at = endOfLine(text, at, line) + 1;
  return { at, line };
}

function endOfLine(text: Buffer, from: number, line: number): number {
  const end = text.indexOf(LINE_FEED, from);
  if (end < 0 && from < text.length) throw manifestCorrupt(line, 'the last line feed is missing');
  return end;
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
