import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodePorts } from '../../../src/cli/context.ts';
import { transplantTokenizer } from '../../../src/ops/merge-folder/transplant.ts';
import { writeModelFolder } from '../../testkit/model-folder.ts';
import { plainNumbers } from '../../testkit/plain-numbers.ts';
import { readTensors } from '../../testkit/read-tensors.ts';
import { wordTokenizer } from '../../testkit/tokenizer.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../../testkit/world.ts';

const ports = nodePorts();
const [OWN, OTHER] = [3, 4];
const word = (at: number): string => `w${at}`;
/** The model knows words 0 to 39; the donor 20 to 59 in another order, and one added token. */
const OWN_WORDS = Array.from({ length: 40 }, (_, at) => word(at));
const OTHER_WORDS = Array.from({ length: 40 }, (_, at) => word(59 - at));
const theirs = plainNumbers(41 * OTHER, 5);
const MAP = plainNumbers(OWN * OTHER, 9);

/** What the planted map makes of a donor's row. */
function planted(row: number): readonly number[] {
  return Array.from(
    { length: OWN },
    (_, j) =>
      0.25 +
      Array.from(
        { length: OTHER },
        (_, i) => (MAP[j * OTHER + i] ?? 0) * (theirs[row * OTHER + i] ?? 0),
      ).reduce((a, b) => a + b, 0),
  );
}

/** The model's rows: for shared words what the map says, so that it can be found. */
const mine = OWN_WORDS.flatMap((_, at) => (at < 20 ? plainNumbers(OWN, 100 + at) : planted(59 - at)));

let place: TemporaryDirectory;
const at = (...names: readonly string[]): string => join(place.path, ...names);
beforeAll(async () => {
  place = await temporaryDirectory();
  writeModelFolder(
    at('model'),
    {
      'model.embed_tokens.weight': { shape: [40, OWN], values: mine },
      'model.norm.weight': { shape: [OWN], values: [1, 2, 3] },
      'lm_head.weight': { shape: [40, OWN], values: mine.map(value => 2 * value), dtype: 'BF16' },
    },
    {
      'config.json': { model_type: 'llama', vocab_size: 40, bos_token_id: 1 },
      'tokenizer.json': wordTokenizer(OWN_WORDS),
    },
  );
  writeModelFolder(
    at('donor'),
    { 'model.embed_tokens.weight': { shape: [41, OTHER], values: theirs } },
    {
      'config.json': { model_type: 'llama', vocab_size: 41, bos_token_id: 40 },
      'tokenizer.json': wordTokenizer(OTHER_WORDS, ['<s>']),
      'tokenizer_config.json': { bos_token: '<s>' },
    },
  );
});
afterAll(() => place[Symbol.asyncDispose]());

const transplant = (more: Partial<Parameters<typeof transplantTokenizer>[1]> = {}) =>
  transplantTokenizer(ports, { cwd: place.path, model: 'model', from: 'donor', out: 'out', ...more });

function rows(name: string): Float32Array {
  const tensor = readTensors(readFileSync(at('out', 'model.safetensors'))).get(name);
  return new Float32Array(tensor?.bytes.slice().buffer ?? new ArrayBuffer());
}

test('shared tokens keep their embeddings, new ones are where a planted map puts them', async () => {
  const done = await transplant();
  expect(done).toMatchObject({ shared: 20, mapped: 21 });
  expect(done.tensors.map(({ name }) => name)).toEqual(['model.embed_tokens.weight', 'lm_head.weight']);
  expect(done.tensors[0]?.unexplained).toBeLessThan(0.01);
  const embedding = rows('model.embed_tokens.weight');
  expect(embedding).toHaveLength(41 * OWN);
  for (let row = 0; row < 40; row++) {
    const known = 59 - row;
    const wanted = known < 40 ? mine.slice(known * OWN, (known + 1) * OWN) : planted(row);
    for (const [j, value] of wanted.entries())
      if (known < 40) expect(embedding[row * OWN + j]).toBe(Math.fround(value));
      else expect(embedding[row * OWN + j]).toBeCloseTo(value, 1);
  }
  expect(rows('model.norm.weight')).toEqual(Float32Array.of(1, 2, 3));
  const config = JSON.parse(readFileSync(at('out', 'config.json'), 'utf8'));
  expect(config).toEqual({ model_type: 'llama', vocab_size: 41, bos_token_id: 40 });
  expect(readFileSync(at('out', 'tokenizer.json')).equals(readFileSync(at('donor', 'tokenizer.json')))).toBe(
    true,
  );
  expect(JSON.parse(readFileSync(at('out', 'tokenizer_config.json'), 'utf8'))).toEqual({ bos_token: '<s>' });
  const head = readTensors(readFileSync(at('out', 'model.safetensors'))).get('lm_head.weight');
  expect(head).toMatchObject({ dtype: 'BF16', shape: [41, OWN] });
});

test('the result is the same bytes each time', async () => {
  await transplant({ out: 'again' });
  expect(
    readFileSync(at('again', 'model.safetensors')).equals(readFileSync(at('out', 'model.safetensors'))),
  ).toBe(true);
});

test('what cannot be done is refused, and nothing is left', async () => {
  writeModelFolder(at('bare'), { x: { shape: [2], values: [1, 2] } });
  writeModelFolder(
    at('foreign'),
    { 'model.embed_tokens.weight': { shape: [2, 2], values: [1, 2, 3, 4] } },
    { 'config.json': { vocab_size: 2 }, 'tokenizer.json': wordTokenizer(['x', 'y']) },
  );
  writeFileSync(at('bare', 'tokenizer.json'), wordTokenizer(['x']));
  await expect(transplant({ from: 'foreign', out: 'none' })).rejects.toMatchObject({
    code: 'TRANSPLANT_IMPOSSIBLE',
  });
  await expect(transplant({ model: 'bare', out: 'none' })).rejects.toMatchObject({
    code: 'TRANSPLANT_IMPOSSIBLE',
  });
  await expect(transplant({ from: 'model/model.safetensors', out: 'none' })).resolves.toMatchObject({
    mapped: 0,
  });
  await expect(transplant({ out: 'model' })).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
});
