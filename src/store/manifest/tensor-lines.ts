import { firstWhere } from '../../base/first-where.ts';
import { manifestCorrupt } from './corrupt.ts';
import { escapeName, unescapeName } from './name-text.ts';
import type { ManifestLines } from './read-lines.ts';

/** A digest in hexadecimal, at the end of a line. */
export const DIGEST_CHARACTERS = 64;
const SPACE = 32;
const T = 0x74;

/** True for two lines that say the same tensor: what a `view` line says depends on other lines. */
export function isSameTensorLine(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left[0] === T && Buffer.compare(left, right) === 0;
}

/** True for two lines that say the same but for the digests of the data, as far as equal bytes tell. */
export function isSameButForDigest(left: Uint8Array, right: Uint8Array): boolean {
  const end = left.length - DIGEST_CHARACTERS;
  return (
    left.length === right.length &&
    left[0] === T &&
    Buffer.compare(left.subarray(0, end), right.subarray(0, end)) === 0
  );
}

/** So many lines from a position on, if all of them are of kind `tensor`. */
export function tensorLines(lines: ManifestLines, position: number, count: number): Uint8Array | undefined {
  const { text, from, to } = lines;
  if (position + count > lines.count) return undefined;
  for (let at = position; at < position + count; at++) if (text[from(at)] !== T) return undefined;
  return text.subarray(from(position), to(position + count - 1));
}

/** The escaped name in the line of a tensor; empty where there is none. */
export function wordIn(line: Uint8Array): Uint8Array {
  const from = line.indexOf(SPACE) + 1;
  const to = line.indexOf(SPACE, from);
  return from === 0 || to < 0 ? line.subarray(0, 0) : line.subarray(from, to);
}

/** The name in the line of a tensor. Errors: `MANIFEST_CORRUPT`. */
export function nameIn(line: Uint8Array, number: number): string {
  const word = wordIn(line);
  const name = unescapeName(Buffer.from(word.buffer, word.byteOffset, word.length).toString('utf8'));
  if (name === undefined) throw manifestCorrupt(number, 'not an escaped name');
  return name;
}

/** The line of the tensor of this name among the lines from `first` on; `near` or the one after it is found at once. */
export function findTensorLine(
  lines: ManifestLines,
  name: string,
  { first, near }: { readonly first: number; readonly near: number },
): number | undefined {
  if (!name.isWellFormed()) return undefined; // No line can say it.
  const wanted = Buffer.from(escapeName(name));
  const order = (position: number): number => Buffer.compare(wordIn(lines.bytes(position)), wanted);
  for (const guess of [near, near + 1])
    if (guess >= first && guess < lines.count && order(guess) === 0) return guess;
  const found = firstWhere({ from: first, to: lines.count }, position => order(position) >= 0);
  return found < lines.count && order(found) === 0 ? found : undefined;
}
