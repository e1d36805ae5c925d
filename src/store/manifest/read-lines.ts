import { isUtf8 } from 'node:buffer';
import { MgitError } from '../../base/errors.ts';
import { manifestCorrupt } from './corrupt.ts';
import { MANIFEST_LIMITS } from './limits.ts';
import { type KnownLists, type NumberedLine, parseLine } from './parse-line.ts';
import { MANIFEST_HEAD } from './write-manifest.ts';

const LINE_FEED = 10;
const MAGIC = 'mgit manifest ';

/** True for bytes that begin as a manifest of any version does. */
export function looksLikeManifest(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, MAGIC.length)).equals(
    Buffer.from(MAGIC),
  );
}

/**
 * The lines of a manifest after its head, one at a time. Each line is well formed; what holds between lines is checked by
 * {@link parseManifest}. Errors: `MANIFEST_CORRUPT`, `MANIFEST_UNSUPPORTED` for another version.
 */
export function* readManifestLines(bytes: Uint8Array): Generator<NumberedLine> {
  if (bytes.length > MANIFEST_LIMITS.textBytes) throw manifestCorrupt(1, 'the text is too long');
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (!isUtf8(text)) throw manifestCorrupt(1, 'the text is not UTF-8');
  const lists: KnownLists = new Map();
  let line = 0;
  for (const words of linesOf(text)) {
    line++;
    if (line <= MANIFEST_HEAD.length) checkHead(words, line);
    else if (line > MANIFEST_LIMITS.lines) throw manifestCorrupt(line, 'too many lines');
    else yield parseLine(words, line, lists);
  }
  if (line < MANIFEST_HEAD.length) throw manifestCorrupt(line + 1, 'the manifest ends here');
}

function* linesOf(text: Buffer): Generator<string> {
  let start = 0;
  for (let line = 1; start < text.length; line++) {
    const end = text.indexOf(LINE_FEED, start);
    if (end < 0) throw manifestCorrupt(line, 'the last line feed is missing');
    if (end - start > MANIFEST_LIMITS.lineBytes) throw manifestCorrupt(line, 'the line is too long');
    yield text.toString('utf8', start, end);
    start = end + 1;
  }
}

function checkHead(words: string, line: number): void {
  if (words === MANIFEST_HEAD[line - 1]) return;
  if (line === 1 && /^mgit manifest [0-9]{1,6}$/.test(words))
    throw new MgitError('MANIFEST_UNSUPPORTED', `"${words}" is a version that this mgit does not know`, {
      hint: 'Update mgit.',
    });
  throw manifestCorrupt(line, `expected ${JSON.stringify(MANIFEST_HEAD[line - 1])}`);
}
