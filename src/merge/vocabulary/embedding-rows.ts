import type { Vocabulary } from './vocabulary.ts';

/** Where each row of a resized embedding comes from. */
export interface EmbeddingRows {
  /** Models whose embedding is read, the resized one first. */
  readonly donors: readonly string[];
  /** For each row: the donor's index, or {@link ZERO}, {@link MEAN}, {@link PADDING}. */
  readonly donor: Int32Array;
  /** For each row: the donor's row. */
  readonly row: Int32Array;
  /** Rows that are the mean of several. */
  readonly means: ReadonlyMap<number, readonly { readonly donor: number; readonly row: number }[]>;
}

/** A row of zeros. */
export const ZERO = -1;
/** The mean of the rows that `means` names. */
export const MEAN = -2;
/** The mean of all rows that have a token. */
export const PADDING = -3;

/** The rows of a model's embedding in the vocabulary of the result. */
export function embeddingRows(vocabulary: Vocabulary, model: string): EmbeddingRows {
  const donors = [model];
  const donorOf = (name: string): number => {
    const known = donors.indexOf(name);
    return known >= 0 ? known : donors.push(name) - 1;
  };
  const own = vocabulary.own.get(model) ?? [...vocabulary.own.values()][0] ?? new Int32Array();
  const donor = new Int32Array(vocabulary.rows).fill(PADDING);
  const row = new Int32Array(vocabulary.rows);
  const means = new Map<number, readonly { readonly donor: number; readonly row: number }[]>();
  for (let at = 0; at < vocabulary.tokens; at++) {
    const ownRow = own[at] ?? -1;
    const fallback = vocabulary.fallbacks.get(at);
    const rows =
      ownRow >= 0 && !vocabulary.forced.has(at)
        ? [{ model, row: ownRow }]
        : fallback?.kind === 'rows'
          ? fallback.rows
          : [];
    const [only] = rows;
    donor[at] = only === undefined ? ZERO : rows.length > 1 ? MEAN : donorOf(only.model);
    row[at] = only?.row ?? 0;
    if (rows.length > 1)
      means.set(
        at,
        rows.map(part => ({ donor: donorOf(part.model), row: part.row })),
      );
  }
  return { donors, donor, row, means };
}
