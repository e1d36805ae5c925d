import { growingBytes } from '../../base/growing-columns.ts';
import type { Table } from '../../base/table.ts';

/** Byte strings that follow each other in one buffer: `starts` says where each begins, and where the last one ends. */
export interface ByteStrings {
  readonly bytes: Buffer;
  readonly starts: Uint32Array;
}

/**
 * The places of byte strings in the order of their bytes: quicksort in three parts, byte by byte, since names begin alike. Source:
 * Bentley and Sedgewick, "Fast algorithms for sorting and searching strings" (1997).
 */
export function sortedPlaces({ bytes, starts }: ByteStrings): Uint32Array {
  const places = Uint32Array.from({ length: starts.length - 1 }, (_, place) => place);
  const byteAt = (place: number, depth: number): number => {
    const at = (starts[place] as number) + depth;
    return at < (starts[place + 1] as number) ? (bytes[at] as number) : -1;
  };
  const swap = (left: number, right: number): void => {
    const kept = places[left] as number;
    places[left] = places[right] as number;
    places[right] = kept;
  };
  /** Ranges whose strings are equal up to a depth; a list, since names that mean harm would recurse without end. */
  const waiting = [{ from: 0, to: places.length, depth: 0 }];
  for (let range = waiting.pop(); range; range = waiting.pop()) {
    const { from, to, depth } = range;
    if (to - from < 2) continue;
    const pivot = byteAt(places[(from + to) >>> 1] as number, depth);
    let [less, at, more] = [from, from, to];
    while (at < more) {
      const byte = byteAt(places[at] as number, depth);
      if (byte < pivot) swap(less++, at++);
      else if (byte > pivot) swap(at, --more);
      else at++;
    }
    waiting.push({ from, to: less, depth }, { from: more, to, depth });
    if (pivot >= 0) waiting.push({ from: less, to: more, depth: depth + 1 });
  }
  return places;
}

/** True for two byte strings that are equal. */
export function isSameString({ bytes, starts }: ByteStrings, left: number, right: number): boolean {
  const [from, to, otherFrom, otherTo] = [starts[left], starts[left + 1], starts[right], starts[right + 1]];
  return bytes.compare(bytes, otherFrom, otherTo, from, to) === 0;
}

/** Bytes of a name that is not short. */
const EXPECTED_BYTES = 64;

/** Puts a text of each row into one buffer, as UTF-8. */
export function byteStrings<Row>(rows: Table<Row>, textOf: (row: Row) => string): ByteStrings {
  const starts = new Uint32Array(rows.length + 1);
  const bytes = growingBytes(EXPECTED_BYTES * (rows.length + 1));
  let at = 0;
  for (const row of rows) {
    bytes.appendText(textOf(row));
    starts[++at] = bytes.length;
  }
  return { bytes: bytes.buffer, starts };
}
