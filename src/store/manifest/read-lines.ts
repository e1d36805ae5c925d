import { isUtf8 } from 'node:buffer';
import { MgitError } from '../../base/errors.ts';
import { growingIntegers } from '../../base/growing-columns.ts';
import { expectText } from '../../base/long-text.ts';
import { manifestCorrupt } from './corrupt.ts';
import { MANIFEST_LIMITS } from './limits.ts';
import { type KnownLists, type NumberedLine, parseLine } from './parse-line.ts';

/** The first two lines of every manifest; the second is for people. */
export const MANIFEST_HEAD = [
  'mgit manifest 1',
  '# The identity of a model file tracked by mgit; "mgit restore <path>" writes the file itself.',
] as const;

const LINE_FEED = 10;
const MAGIC = 'mgit manifest ';

/** The lines of a manifest after its head, found but not read. Positions count from 0. */
export interface ManifestLines extends Iterable<NumberedLine> {
  readonly text: Buffer;
  readonly count: number;
  /** Reads a line. Errors: `MANIFEST_CORRUPT` unless it is well formed. */
  parse(position: number): NumberedLine;
  /** A line without its line feed. */
  bytes(position: number): Uint8Array;
  /** Where a line begins in the text, and where its line feed is. */
  from(position: number): number;
  to(position: number): number;
  /** As people count lines. */
  numberOf(position: number): number;
  /** The lines of a text that differs in nothing but characters within lines. */
  of(text: Buffer): ManifestLines;
}

/** True for bytes that begin as a manifest of any version does. */
export function looksLikeManifest(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, MAGIC.length)).equals(
    Buffer.from(MAGIC),
  );
}

/** Finds the lines of a manifest. Errors: `MANIFEST_CORRUPT` for what is no text within the bounds, `MANIFEST_UNSUPPORTED` for another version. */
export function readLines(bytes: Uint8Array): ManifestLines {
  if (bytes.length > MANIFEST_LIMITS.textBytes) throw manifestCorrupt(1, 'the text is too long');
  expectText(bytes.length);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (!isUtf8(text)) throw manifestCorrupt(1, 'the text is not UTF-8');
  const starts = lineStarts(text);
  checkHead(text, starts);
  return linesAt(text, starts);
}

function linesAt(text: Buffer, starts: Uint32Array): ManifestLines {
  const lists: KnownLists = new Map();
  const head = MANIFEST_HEAD.length;
  const from = (position: number): number => starts[head + position] as number;
  const to = (position: number): number => (starts[head + position + 1] as number) - 1;
  const numberOf = (position: number): number => head + position + 1;
  const count = starts.length - 1 - head;
  const parse = (position: number): NumberedLine =>
    parseLine(text.toString('utf8', from(position), to(position)), numberOf(position), lists);
  return {
    text,
    count,
    parse,
    bytes: position => text.subarray(from(position), to(position)),
    from,
    to,
    numberOf,
    of: other => linesAt(other, starts),
    *[Symbol.iterator]() {
      for (let position = 0; position < count; position++) yield parse(position);
    },
  };
}

/** Where each line begins, and where the text ends. */
function lineStarts(text: Buffer): Uint32Array {
  const starts = growingIntegers();
  starts.push(0);
  for (let start = 0; start < text.length; starts.push(start)) {
    const line = starts.length;
    const end = text.indexOf(LINE_FEED, start);
    if (end < 0) throw manifestCorrupt(line, 'the last line feed is missing');
    if (end - start > MANIFEST_LIMITS.lineBytes) throw manifestCorrupt(line, 'the line is too long');
    if (line > MANIFEST_LIMITS.lines) throw manifestCorrupt(line, 'too many lines');
    start = end + 1;
  }
  return starts.values();
}

function checkHead(text: Buffer, starts: Uint32Array): void {
  for (const [at, expected] of MANIFEST_HEAD.entries()) {
    const [from, next] = starts.subarray(at, at + 2);
    if (from === undefined || next === undefined) throw manifestCorrupt(at + 1, 'the manifest ends here');
    const line = text.toString('utf8', from, next - 1);
    if (line === expected) continue;
    if (at === 0 && /^mgit manifest [0-9]{1,6}$/.test(line))
      throw new MgitError('MANIFEST_UNSUPPORTED', `"${line}" is a version that this mgit does not know`, {
        hint: 'Update mgit.',
      });
    throw manifestCorrupt(at + 1, `expected ${JSON.stringify(expected)}`);
  }
}
