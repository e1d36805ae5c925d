import { isMgitError } from '../base/errors.ts';
import type { ByteSource } from './checkpoint.ts';

/** Bytes that are tried first; then four times as many. */
const FIRST_BYTES = 64 * 1024;

/**
 * Parses something at `offset` whose length nobody says: with few bytes first, then with more as long as `parse` throws an error with the code
 * `truncated`, at most `most`. All attempts together take a third more than the last.
 */
export async function parseGrowing<Result>(
  source: ByteSource,
  { offset, most, truncated }: { readonly offset: number; readonly most: number; readonly truncated: string },
  parse: (bytes: Uint8Array) => Result,
): Promise<Result> {
  const available = Math.min(most, source.size - offset);
  for (let length = Math.min(FIRST_BYTES, available); ; length = Math.min(length * 4, available)) {
    try {
      return parse(await source.read(offset, length));
    } catch (error) {
      if (length === available || !isMgitError(error, truncated)) throw error;
    }
  }
}
