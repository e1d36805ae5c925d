import { diff3Merge } from 'node-diff3';

/** The versions of a text file. */
export interface TextVersions {
  readonly base: Uint8Array;
  readonly ours: Uint8Array;
  readonly theirs: Uint8Array;
  /** What the sides are called in conflict markers. */
  readonly labels: { readonly ours: string; readonly theirs: string };
}

/** A merged text, with the number of conflicts that are marked in it. */
export interface MergedText {
  readonly bytes: Uint8Array;
  readonly conflicts: number;
}

/** Bytes that tell a binary file, as Git looks for them. */
const BINARY_PROBE = 8000;

/** True for content with a NUL byte near its beginning, which Git takes for binary. */
export function isBinary(bytes: Uint8Array): boolean {
  return bytes.subarray(0, BINARY_PROBE).includes(0);
}

/**
 * Merges text line by line; where both sides changed the same lines, both stand between markers, as `git merge` writes them. Any
 * encoding that has ASCII line feeds comes out byte for byte.
 */
export function mergeText(versions: TextVersions): MergedText {
  const regions = diff3Merge(linesOf(versions.ours), linesOf(versions.base), linesOf(versions.theirs), {
    excludeFalseConflicts: true,
  });
  const parts = regions.map(({ ok, conflict }) => {
    if (ok) return textOf(ok);
    const { a = [], b = [] } = conflict ?? {};
    const marker = (sign: string, label: string): string => `${sign.repeat(7)}${label && ` ${label}`}\n`;
    return [
      marker('<', bytesAsText(versions.labels.ours)),
      closed(textOf(a)),
      marker('=', ''),
      closed(textOf(b)),
      marker('>', bytesAsText(versions.labels.theirs)),
    ].join('');
  });
  return {
    bytes: Buffer.from(parts.join(''), 'latin1'),
    conflicts: regions.filter(region => region.conflict).length,
  };
}

/** Lines with their line feeds, one character per byte. The mark in front keeps them apart from property names, which the diff uses as keys. */
function linesOf(bytes: Uint8Array): string[] {
  const lines =
    Buffer.from(bytes)
      .toString('latin1')
      .match(/[^\n]*\n|[^\n]+$/g) ?? [];
  return lines.map(line => `>${line}`);
}

function textOf(lines: readonly string[]): string {
  return lines.map(line => line.slice(1)).join('');
}

/** A marker begins on a line of its own. */
function closed(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

function bytesAsText(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
