import { isMgitError } from '../../../src/base/errors.ts';

/** One parser that takes bytes from strangers. A file in `targets/` exports one as its default. */
export interface FuzzTarget {
  /** Small inputs that the parser accepts: where the search begins. */
  seeds(): readonly Uint8Array[] | Promise<readonly Uint8Array[]>;
  /** Reads an input to its end. Throws a plain error where a value that was read breaks a promise of the parser. */
  parse(input: Uint8Array): unknown;
  /** Makes the digests in an input right again, so that a change gets past them. */
  reseal?(input: Uint8Array): Uint8Array;
  /** Words and bytes of the format that chance would hardly find; texts are Latin-1. */
  readonly words?: readonly (string | Uint8Array)[];
  /** Bytes of buffers that one input may take in all, where the format's limits allow more than {@link BUFFER_BYTES}. */
  readonly bufferBytes?: number;
}

/** Bytes of buffers that a parser takes for one of these inputs, which are small. */
export const BUFFER_BYTES = 4 * 1024 * 1024;

/** What became of an input; `crashed` is a finding. */
export type Outcome =
  | { readonly kind: 'read' }
  | { readonly kind: 'refused'; readonly code: string }
  | { readonly kind: 'crashed'; readonly error: unknown };

/** Gives an input to a parser: it reads it or refuses it with a code; whatever else happens is a finding. */
export async function outcomeOf(target: FuzzTarget, input: Uint8Array): Promise<Outcome> {
  try {
    await target.parse(input);
    return { kind: 'read' };
  } catch (error) {
    return isMgitError(error) && /^[A-Z][A-Z0-9_]+$/.test(error.code)
      ? { kind: 'refused', code: error.code }
      : { kind: 'crashed', error };
  }
}
