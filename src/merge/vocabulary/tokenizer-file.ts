import { MgitError } from '../../base/errors.ts';

/** A token that a tokenizer matches before its model sees the text, as `tokenizer.json` writes it. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly [property: string]: unknown;
}

/** A `tokenizer.json` of the tokenizers library. */
export interface TokenizerFile {
  /** What errors call it. */
  readonly name: string;
  readonly document: Readonly<Record<string, unknown>>;
  /** Ids by token, added ones included. */
  readonly ids: ReadonlyMap<string, number>;
  readonly added: readonly AddedToken[];
}

const MOST_TOKENS = 4_000_000;
/** Of objects and lists in each other: real ones have some ten. What is read must be written again, which recurses. */
const MOST_DEPTH = 64;

/** Reads a `tokenizer.json`. Errors: `TOKENIZER_INVALID`, `TOKENIZER_UNSUPPORTED` for a kind of model without a plain vocabulary. */
export function parseTokenizer(bytes: Uint8Array, name: string): TokenizerFile {
  const document = parseObject(bytes, name);
  const model = document.model;
  if (!isObject(model)) throw invalid(name, 'it has no model');
  const ids = new Map(vocabularyOf(model, name));
  const added = Array.isArray(document.added_tokens) ? document.added_tokens : [];
  for (const token of added) {
    if (!isAdded(token)) throw invalid(name, 'an added token has no id or no content');
    ids.set(token.content, token.id);
  }
  if (ids.size > MOST_TOKENS) throw invalid(name, `it has ${ids.size} tokens`);
  return { name, document, ids, added };
}

function parseObject(bytes: Uint8Array, name: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw invalid(name, 'it is no JSON', cause);
  }
  if (!isObject(value)) throw invalid(name, 'it is no object');
  if (!isWithinDepth(value)) throw invalid(name, `it nests deeper than ${MOST_DEPTH}`);
  return value;
}

function isWithinDepth(root: unknown): boolean {
  let level: readonly unknown[] = [root];
  for (let depth = 0; depth < MOST_DEPTH && level.length > 0; depth++)
    level = level.flatMap(value => (typeof value === 'object' && value !== null ? Object.values(value) : []));
  return level.length === 0;
}

/** BPE, WordPiece and WordLevel have a map of ids; Unigram a list of pieces with scores. */
function vocabularyOf(model: Readonly<Record<string, unknown>>, name: string): Iterable<[string, number]> {
  const { vocab } = model;
  if (Array.isArray(vocab))
    return vocab.map((piece: unknown, id): [string, number] => {
      const token: unknown = Array.isArray(piece) ? piece[0] : undefined;
      if (typeof token !== 'string') throw invalid(name, `piece ${id} is no text`);
      return [token, id];
    });
  if (!isObject(vocab)) throw unsupported(name, 'its model has no vocabulary');
  return Object.entries(vocab).map(([token, id]) => {
    if (!Number.isSafeInteger(id) || Number(id) < 0)
      throw invalid(name, `token ${JSON.stringify(token)} has no id`);
    return [token, Number(id)];
  });
}

function isAdded(token: unknown): token is AddedToken {
  return (
    isObject(token) &&
    typeof token.content === 'string' &&
    Number.isSafeInteger(token.id) &&
    Number(token.id) >= 0
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(name: string, problem: string, cause?: unknown): MgitError {
  return new MgitError('TOKENIZER_INVALID', `${name} is not a tokenizer: ${problem}`, {
    cause,
    hint: 'copy the tokenizer again from where the model came from',
  });
}

function unsupported(name: string, problem: string): MgitError {
  return new MgitError('TOKENIZER_UNSUPPORTED', `${name} cannot be merged: ${problem}`, {
    hint: 'leave the tokenizer out of the recipe, or save it as a fast tokenizer (tokenizer.json) first',
  });
}
