import type { Manifest } from './manifest.ts';
import { isSameTensorLine, wordIn } from './tensor-lines.ts';

/** The lines of one tensor in several manifests. */
export interface AlignedLines {
  /** In each manifest, the tensor's position; undefined where it has none. */
  readonly positions: readonly (number | undefined)[];
  /** Whether every manifest has it, and all lines say the same, as far as equal bytes tell. */
  readonly isSame: boolean;
}

/** So many equal lines are passed over at a time. */
const RUN = 64;

/**
 * Walks the tensors of manifests side by side, in their common order, without reading a line: most models differ in few of them. An absent
 * manifest has no tensors. With `passOver`, long runs of equal lines are left out.
 */
export function* alignLines(
  manifests: readonly (Manifest | undefined)[],
  { passOver = false }: { readonly passOver?: boolean } = {},
): Generator<AlignedLines> {
  const cursors = manifests.map(cursorOf);
  const [first] = cursors;
  let next = 0; // Where the next run may begin: one that is not equal is not compared again and again.
  while (first && cursors.some(({ line }) => line)) {
    if (passOver && first.position >= next) {
      if (areEqualRuns(cursors)) {
        for (const cursor of cursors) advance(cursor, RUN);
        continue;
      }
      next = first.position + RUN;
    }
    const isSame = cursors.every(({ line }) => line && first.line && isSameTensorLine(line, first.line));
    const taken = isSame ? cursors : withLeastName(cursors);
    yield {
      positions: cursors.map(cursor => (taken.includes(cursor) ? cursor.position : undefined)),
      isSame,
    };
    for (const cursor of taken) advance(cursor);
  }
}

interface Cursor {
  readonly manifest: Manifest | undefined;
  position: number;
  /** Undefined past the end. */
  line: Uint8Array | undefined;
}

function cursorOf(manifest: Manifest | undefined): Cursor {
  const cursor: Cursor = { manifest, position: -1, line: undefined };
  advance(cursor);
  return cursor;
}

function areEqualRuns(cursors: readonly Cursor[]): boolean {
  const [first, ...others] = cursors.map(({ manifest, position }) => manifest?.linesOf(position, RUN));
  return first !== undefined && others.every(run => run && Buffer.compare(run, first) === 0);
}

function advance(cursor: Cursor, lines = 1): void {
  const { manifest } = cursor;
  cursor.position += lines;
  cursor.line =
    manifest && cursor.position < manifest.tensors.length ? manifest.lineOf(cursor.position) : undefined;
}

function withLeastName(cursors: readonly Cursor[]): readonly Cursor[] {
  let least: Uint8Array | undefined;
  let taken: Cursor[] = [];
  for (const cursor of cursors) {
    if (!cursor.line) continue;
    const word = wordIn(cursor.line);
    const order = least ? Buffer.compare(word, least) : -1;
    if (order < 0) [least, taken] = [word, [cursor]];
    else if (order === 0) taken.push(cursor);
  }
  return taken;
}
