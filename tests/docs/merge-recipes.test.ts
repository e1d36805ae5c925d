import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodePorts } from '../../src/cli/context.ts';
import { readPermutations } from '../../src/merge/alignment/read-permutations.ts';
import { mergeToFolder } from '../../src/ops/merge-folder/merge-folder.ts';
import { writeModelFolder } from '../testkit/model-folder.ts';
import { readTensors } from '../testkit/read-tensors.ts';

const examples = [...readFileSync('docs/merging.md', 'utf8').matchAll(/```yaml\n([\s\S]*?)```/g)].map(
  ([, text]) => text as string,
);
const permutations = examples.filter(text => text.includes('\ngroups:'));
const recipes = examples.filter(text => !permutations.includes(text));

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'mgit-docs-'));
  for (const [seed, name] of ['base', 'math', 'code'].entries()) {
    const vector = (offset: number) => ({
      shape: [2],
      values: [seed + offset, seed * offset],
      dtype: 'BF16' as const,
    });
    writeModelFolder(join(cwd, 'models', name), {
      'model.embed_tokens.weight': vector(1),
      ...Object.fromEntries([0, 1, 2].map(layer => [`model.layers.${layer}.mlp.weight`, vector(layer)])),
      'model.norm.weight': vector(5),
      'lm_head.weight': vector(6),
    });
  }
});
afterAll(() => rmSync(cwd, { recursive: true }));

test('there are recipes in the documentation', () => {
  expect(recipes.length).toBeGreaterThanOrEqual(3);
});

test('the documented permutations can be read', () => {
  expect(permutations.map(text => readPermutations(text, 'p.yaml').length)).toEqual([1]);
});

test.each(recipes)('the documented recipe works: %s', async recipe => {
  writeFileSync(join(cwd, 'recipe.yaml'), recipe);
  const warnings: string[] = [];
  await mergeToFolder(nodePorts(), {
    cwd,
    recipe: 'recipe.yaml',
    out: 'merged',
    force: true,
    onEvent: event => void (event.type === 'warning' && warnings.push(event.message)),
  });
  expect(readTensors(readFileSync(join(cwd, 'merged/model.safetensors'))).get('lm_head.weight')?.dtype).toBe(
    'BF16',
  );
  expect(warnings).toEqual([]);
});
