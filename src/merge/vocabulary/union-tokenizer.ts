import type { AddedToken, TokenizerFile } from './tokenizer-file.ts';

/** A tokenizer and the rows of its model's embedding: tokens beyond them are never used. */
export interface ModelTokenizer {
  readonly model: string;
  readonly file: TokenizerFile;
  readonly rows: number;
}

/** How the tokenizers library adds a token that is given as text. */
const PLAIN = { single_word: false, lstrip: false, rstrip: false, normalized: true, special: false };

/**
 * The base's tokenizer with the tokens of the others behind its own, as added tokens: ordinary ones first, in the order of the models and of their
 * ids, then added ones. Where models add the same token with different properties, the first counts. Source: mergekit, `tokenizer/build.py`.
 */
export function unionTokenizer(base: TokenizerFile, models: readonly ModelTokenizer[]): TokenizerFile {
  const known = new Set(base.ids.keys());
  const addedOf = ({ file, rows }: ModelTokenizer) => file.added.filter(({ id }) => id < rows);
  const special = new Set(models.flatMap(model => addedOf(model).map(({ content }) => content)));
  const plain = models.flatMap(({ file, rows }) =>
    inOrder(file)
      .filter(([token, id]) => id < rows && !special.has(token))
      .map(([content]) => ({ ...PLAIN, content })),
  );
  const fresh: Omit<AddedToken, 'id'>[] = [];
  for (const token of [...plain, ...models.flatMap(addedOf)]) {
    if (known.has(token.content as string)) continue;
    known.add(token.content as string);
    fresh.push(token as Omit<AddedToken, 'id'>);
  }
  return withAdded(base, fresh);
}

/** Adds tokens that the tokenizer does not have, with the next ids. */
export function withTokens(file: TokenizerFile, tokens: readonly string[]): TokenizerFile {
  const missing = tokens.filter(token => !file.ids.has(token));
  return missing.length === 0
    ? file
    : withAdded(
        file,
        missing.map(content => ({ ...PLAIN, content })),
      );
}

/** Takes away the added tokens that have no row. The others keep their ids. */
export function withinRows(file: TokenizerFile, rows: number): TokenizerFile {
  const added = file.added.filter(({ id }) => id < rows);
  if (added.length === file.added.length) return file;
  const gone = new Set(file.added.filter(({ id }) => id >= rows).map(({ content }) => content));
  const ids = new Map([...file.ids].filter(([token]) => !gone.has(token)));
  return { ...file, ids, added, document: { ...file.document, added_tokens: added } };
}

function withAdded(file: TokenizerFile, tokens: readonly Omit<AddedToken, 'id'>[]): TokenizerFile {
  let next = nextId(file);
  const fresh = tokens.map(token => ({ ...token, id: next++, content: String(token.content) }));
  const added = [...file.added, ...fresh];
  const ids = new Map([...file.ids, ...fresh.map(({ content, id }) => [content, id] as const)]);
  return { ...file, ids, added, document: { ...file.document, added_tokens: added } };
}

function nextId({ ids }: TokenizerFile): number {
  let highest = -1;
  for (const id of ids.values()) highest = Math.max(highest, id);
  return highest + 1;
}

function inOrder({ ids }: TokenizerFile): readonly (readonly [string, number])[] {
  return [...ids].sort(([, left], [, right]) => left - right);
}
