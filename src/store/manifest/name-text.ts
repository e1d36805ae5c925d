import { MgitError } from '../../base/errors.ts';

/** Characters that would break a line into other words or lines, or that a terminal would act on. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped.
const ESCAPED = /[\u0000-\u0020%\u007f-\u009f\u2028\u2029]/gu;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped.
const MUST_BE_ESCAPED = /[\u0000-\u0020\u007f-\u009f\u2028\u2029]/u;

/**
 * A tensor's name as one word of a manifest: `%XX` for each UTF-8 byte of white space, control characters and `%`; the
 * empty name is `%`. Errors: `MANIFEST_INVALID` for a lone surrogate, which UTF-8 cannot say.
 */
export function escapeName(name: string): string {
  if (name === '') return '%';
  if (!name.isWellFormed())
    throw new MgitError('MANIFEST_INVALID', `tensor name ${JSON.stringify(name)} is not valid Unicode`);
  return name.replace(ESCAPED, percentBytes);
}

/** The inverse of {@link escapeName}; undefined for text that `escapeName` never returns. */
export function unescapeName(text: string): string | undefined {
  if (text === '%') return '';
  if (text === '' || MUST_BE_ESCAPED.test(text)) return undefined;
  if (!text.includes('%')) return text;
  try {
    const name = decodeURIComponent(text);
    return escapeName(name) === text ? name : undefined;
  } catch {
    return undefined;
  }
}

/** Orders text by its UTF-8 bytes, which is by code points; UTF-16 code units order surrogates differently. */
export function compareUtf8(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at++) {
    const a = left.charCodeAt(at);
    const b = right.charCodeAt(at);
    if (a !== b) return rankOfCodeUnit(a) - rankOfCodeUnit(b);
  }
  return left.length - right.length;
}

function percentBytes(character: string): string {
  const bytes = Buffer.from(character, 'utf8');
  return [...bytes].map(byte => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}

/** Moves surrogates (code points from U+10000) above U+E000..U+FFFF. */
function rankOfCodeUnit(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
