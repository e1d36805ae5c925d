import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodePorts } from '../../src/cli/context.ts';
import { mergeToFolder } from '../../src/ops/merge-folder/merge-folder.ts';
import { runPython } from '../testkit/python.ts';

const SCRIPT = join(import.meta.dirname, 'merge_models.py');

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'mgit-transformers-'));
  runPython(SCRIPT, 'make', cwd);
});
afterAll(() => rmSync(cwd, { recursive: true }));

async function merge(recipe: string): Promise<readonly string[]> {
  writeFileSync(join(cwd, 'recipe.yaml'), recipe);
  const warnings: string[] = [];
  await mergeToFolder(nodePorts(), {
    cwd,
    recipe: 'recipe.yaml',
    out: 'out',
    force: true,
    onEvent: event => void (event.type === 'warning' && warnings.push(`${event.code}: ${event.message}`)),
  });
  return warnings;
}

test('transformers loads a union of vocabularies, and every embedding is where it should be', async () => {
  const warnings = await merge(`
merge_method: linear
base_model: base
models: [{ model: base }, { model: left }, { model: right }]
tokenizer_source: union
chat_template: "{{ messages }}"
`);
  expect(warnings).toEqual([]);
  runPython(SCRIPT, 'union', cwd);
});

test('transformers loads stacked layers', async () => {
  await merge(`
merge_method: passthrough
slices:
  - sources: [{ model: base, layer_range: [0, 2] }]
  - sources: [{ model: left, layer_range: [0, 3] }]
tokenizer_source: base
`);
  runPython(SCRIPT, 'stack', cwd);
});
