import { MgitError } from '../../base/errors.ts';
import type { TokenizerChoice, TokenSource } from '../recipe-file/merge-recipe.ts';
import type { TokenizerFile } from './tokenizer-file.ts';
import { type ModelTokenizer, unionTokenizer, withinRows, withTokens } from './union-tokenizer.ts';

/** The embedding of a token in models that do not have it (or, where `force` is set, in all). */
export type TokenFallback =
  | { readonly kind: 'zero' }
  | { readonly kind: 'rows'; readonly rows: readonly { readonly model: string; readonly row: number }[] };

/** The vocabulary of the result, and where the rows of its embeddings come from. */
export interface Vocabulary {
  readonly tokenizer: TokenizerFile;
  /** The model whose tokenizer files go along. */
  readonly from: string;
  /** Rows with a token, and all: beyond the former lie rows of padding. */
  readonly tokens: number;
  readonly rows: number;
  /** By model, for each row of the result: the model's own row, or -1. */
  readonly own: ReadonlyMap<string, Int32Array>;
  readonly fallbacks: ReadonlyMap<number, TokenFallback>;
  readonly forced: ReadonlySet<number>;
  /** Tokens that no model has an embedding for. */
  readonly unknown: readonly string[];
}

/** The tokenizers of a merge. */
export interface VocabularySources {
  /** The base's, or the first model's, first; a model without one counts as having this one. */
  readonly models: readonly [ModelTokenizer, ...ModelTokenizer[]];
  /** The recipe has a base. */
  readonly hasBase: boolean;
}

/**
 * Merges vocabularies. A token that a model lacks gets the base's embedding where the base has it, else that of the only model which has it, else the
 * mean over all that do. Source: mergekit, `tokenizer/embed.py`. Errors: `TOKENIZER_INVALID`, `TOKEN_UNKNOWN`, `MODEL_UNKNOWN`.
 */
export function mergeVocabularies(choice: TokenizerChoice, sources: VocabularySources): Vocabulary {
  const [first] = sources.models;
  const { tokenizer, from } = outputTokenizer(choice, sources);
  let tokens = 0;
  for (const id of tokenizer.ids.values()) tokens = Math.max(tokens, id + 1);
  const step = choice.padToMultipleOf ?? 1;
  const own = new Map(sources.models.map(model => [model.model, ownRows(tokenizer, model, tokens)]));
  const base = sources.hasBase ? own.get(first.model) : undefined;
  const fallbacks = new Map<number, TokenFallback>();
  const unknown: string[] = [];
  for (const [token, row] of tokenizer.ids) {
    const source = choice.tokens[token]?.source;
    const fallback = source ? configured(token, row, source, sources) : usual(row, own, base && first.model);
    if (fallback.kind === 'zero' && !source) unknown.push(token);
    fallbacks.set(row, fallback);
  }
  const forced = new Set(
    Object.keys(choice.tokens).flatMap(token =>
      choice.tokens[token]?.force ? (tokenizer.ids.get(token) ?? []) : [],
    ),
  );
  return { tokenizer, from, tokens, rows: Math.ceil(tokens / step) * step, own, fallbacks, forced, unknown };
}

function outputTokenizer(choice: TokenizerChoice, { models }: VocabularySources) {
  const [first] = models;
  const chosen = typeof choice.source === 'object' ? modelNamed(models, choice.source.model) : first;
  const own = withinRows(chosen.file, chosen.rows);
  const tokenizer = choice.source === 'union' ? unionTokenizer(own, models) : own;
  return { tokenizer: withTokens(tokenizer, Object.keys(choice.tokens)), from: chosen.model };
}

function ownRows(tokenizer: TokenizerFile, { file, rows }: ModelTokenizer, tokens: number): Int32Array {
  const own = new Int32Array(tokens).fill(-1);
  for (const [token, row] of tokenizer.ids) {
    const id = file.ids.get(token);
    if (id !== undefined && id < rows) own[row] = id;
  }
  return own;
}

function usual(row: number, own: Vocabulary['own'], base: string | undefined): TokenFallback {
  const having = [...own].flatMap(([model, rows]) =>
    (rows[row] ?? -1) >= 0 ? [{ model, row: rows[row] as number }] : [],
  );
  if (having.length === 0) return { kind: 'zero' };
  const ofBase = having.find(({ model }) => model === base);
  return { kind: 'rows', rows: ofBase ? [ofBase] : having };
}

function configured(
  token: string,
  row: number,
  source: TokenSource,
  { models }: VocabularySources,
): TokenFallback {
  if (source.kind === 'zero') return { kind: 'zero' };
  const { model, file, rows } = modelNamed(models, source.model);
  const wanted = source.kind === 'model' ? token : source.token;
  const id = typeof wanted === 'number' ? wanted : file.ids.get(wanted);
  if (id !== undefined && id < rows) return { kind: 'rows', rows: [{ model, row: id }] };
  throw new MgitError('TOKEN_UNKNOWN', `${model} has no embedding of ${JSON.stringify(wanted)}`, {
    hint: `correct the source of token ${JSON.stringify(token)} (row ${row} of the result) in the recipe`,
  });
}

function modelNamed(models: readonly ModelTokenizer[], name: string): ModelTokenizer {
  const found = models.find(({ model }) => model === name);
  if (found) return found;
  throw new MgitError('TOKENIZER_UNKNOWN', `${name} is no model of the recipe, or has no tokenizer.json`, {
    hint: 'name one of the merged models, union or base',
  });
}
