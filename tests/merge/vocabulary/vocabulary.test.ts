import { describe, expect, test } from 'vitest';
import type { TokenizerChoice } from '../../../src/merge/recipe-file/merge-recipe.ts';
import { embeddingRows, MEAN, PADDING, ZERO } from '../../../src/merge/vocabulary/embedding-rows.ts';
import { parseTokenizer } from '../../../src/merge/vocabulary/tokenizer-file.ts';
import type { ModelTokenizer } from '../../../src/merge/vocabulary/union-tokenizer.ts';
import { mergeVocabularies } from '../../../src/merge/vocabulary/vocabulary.ts';
import { wordTokenizer } from '../../testkit/tokenizer.ts';

function tokenizer(
  model: string,
  words: readonly string[],
  added: readonly string[] = [],
  rows = words.length + added.length,
): ModelTokenizer {
  return { model, rows, file: parseTokenizer(wordTokenizer(words, added), model) };
}

const base = tokenizer('base', ['<unk>', 'a', 'b']);
const left = tokenizer('left', ['<unk>', 'b', 'c'], ['<x>']);
const right = tokenizer('right', ['<unk>', 'c', 'd']);

const choose = (choice: Partial<TokenizerChoice>): TokenizerChoice => ({
  source: 'union',
  tokens: {},
  padToMultipleOf: undefined,
  ...choice,
});
const merge = (
  choice: Partial<TokenizerChoice>,
  hasBase = true,
  models: readonly ModelTokenizer[] = [base, left, right],
) => mergeVocabularies(choose(choice), { models: models as [ModelTokenizer], hasBase });

test('the union keeps the ids of the base and adds what the others have, added tokens last', () => {
  const { tokenizer: merged, tokens } = merge({});
  expect([...merged.ids]).toEqual([
    ['<unk>', 0],
    ['a', 1],
    ['b', 2],
    ['c', 3],
    ['d', 4],
    ['<x>', 5],
  ]);
  expect(tokens).toBe(6);
  expect(merged.added.map(({ content, special }) => [content, special])).toEqual([
    ['c', false],
    ['d', false],
    ['<x>', true],
  ]);
});

test('a row comes from the model itself, else from the base, else from the only one that has it, else from all that have it', () => {
  const vocabulary = merge({});
  const rows = embeddingRows(vocabulary, 'left');
  expect(rows.donors).toEqual(['left', 'base', 'right']);
  expect([...rows.donor]).toEqual([0, 1, 0, 0, 2, 0]);
  expect([...rows.row]).toEqual([0, 1, 1, 2, 2, 3]);
  const ofBase = embeddingRows(vocabulary, 'base');
  expect([...ofBase.donor]).toEqual([0, 0, 0, MEAN, 2, 1]);
  expect(ofBase.means.get(3)).toEqual([
    { donor: 1, row: 2 },
    { donor: 2, row: 1 },
  ]);
});

test('without a base, a token of several models gets their mean, even where the first model has it', () => {
  expect(embeddingRows(merge({}, false), 'right').means.get(2)).toEqual([
    { donor: 1, row: 2 },
    { donor: 2, row: 1 },
  ]);
});

test('source base keeps its vocabulary; a model, its own', () => {
  expect([...merge({ source: 'base' }).tokenizer.ids.keys()]).toEqual(['<unk>', 'a', 'b']);
  const chosen = merge({ source: { model: 'right' } });
  expect(chosen.from).toBe('right');
  expect([...chosen.tokenizer.ids.keys()]).toEqual(['<unk>', 'c', 'd']);
  expect(() => merge({ source: { model: 'none' } })).toThrow('none is no model of the recipe');
});

test('tokens beyond the rows of the embedding are taken away, and padding fills up', () => {
  const short = tokenizer('base', ['<unk>', 'a'], ['<pad>'], 2);
  const vocabulary = merge({ source: 'base', padToMultipleOf: 4 }, true, [short]);
  expect([...vocabulary.tokenizer.ids.keys()]).toEqual(['<unk>', 'a']);
  expect(vocabulary.rows).toBe(4);
  expect([...embeddingRows(vocabulary, 'base').donor]).toEqual([0, 0, PADDING, PADDING]);
});

describe('tokens with rules of their own', () => {
  test('zeros, the embedding of another token, of another model; forced or not', () => {
    const vocabulary = merge({
      source: 'base',
      tokens: {
        a: { source: { kind: 'other-token', model: 'left', token: 'c' }, force: true },
        b: { source: { kind: 'zero' }, force: false },
        new: { source: { kind: 'zero' }, force: false },
      },
    });
    const rows = embeddingRows(vocabulary, 'base');
    expect([...rows.donor]).toEqual([0, 1, 0, ZERO]);
    expect(rows.row[1]).toBe(2);
    expect(vocabulary.tokenizer.ids.get('new')).toBe(3);
  });

  test('a token that nobody has is told of; one that its source lacks is refused', () => {
    expect(merge({ tokens: { new: { source: undefined, force: false } } }).unknown).toEqual(['new']);
    const missing = { new: { source: { kind: 'model', model: 'left' }, force: false } } as const;
    expect(() => merge({ tokens: missing })).toThrow('left has no embedding of "new"');
  });
});

test.each([
  ['no JSON', 'x', 'it is no JSON'],
  ['no model', '{}', 'it has no model'],
  ['ids that are none', '{"model":{"vocab":{"a":-1}}}', 'token "a" has no id'],
  [
    'added tokens without ids',
    '{"model":{"vocab":{}},"added_tokens":[{"content":"x"}]}',
    'an added token has no id',
  ],
  ['no vocabulary', '{"model":{"type":"x"}}', 'its model has no vocabulary'],
  ['no end of brackets', `{"x":${'['.repeat(9000)}${']'.repeat(9000)}}`, 'nests deeper'],
])('a tokenizer with %s is refused', (_, text, message) => {
  expect(() => parseTokenizer(Buffer.from(text), 't')).toThrow(message);
});

test('unigram pieces are numbered by their place', () => {
  const text = '{"model":{"type":"Unigram","vocab":[["<unk>",0],["▁a",-1.5]]}}';
  expect([...parseTokenizer(Buffer.from(text), 't').ids]).toEqual([
    ['<unk>', 0],
    ['▁a', 1],
  ]);
});
