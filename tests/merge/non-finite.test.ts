import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { METHODS } from '../../src/merge/methods/registry.ts';
import { mergeToFolder } from '../../src/ops/merge-folder/merge-folder.ts';
import { encodeElements, type FloatDtype } from '../testkit/float-elements.ts';
import { writeModelFolder } from '../testkit/model-folder.ts';
import { readTensors } from '../testkit/read-tensors.ts';
import { testPorts } from '../testkit/world.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'mgit-non-finite-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

const merge = (recipe: string) => {
  writeFileSync(join(cwd, 'r.yaml'), recipe);
  return mergeToFolder(testPorts(cwd), { cwd, recipe: 'r.yaml', out: 'out' });
};

const vector = (values: readonly number[], dtype: FloatDtype = 'F32') => ({
  shape: [values.length],
  values,
  dtype,
});

/** Every method and numerics of which it is enough to look at the result. */
const SPREADING = METHODS.flatMap(method => {
  if (method.kind !== 'compute' || !method.spreadsNonFinite || method.solves) return [];
  const numerics = method.parameters.some(({ name }) => name === 'numerics') ? ['mgit', 'mergekit'] : [''];
  return numerics.map(given => ({ method, numerics: given, name: `${method.name} ${given}`.trim() }));
});

test('there are such methods', () => expect(SPREADING.length).toBeGreaterThan(5));

describe.for(SPREADING)('$name', ({ method, numerics }) => {
  const factor = method.parameters.find(({ perModel }) => perModel)?.name;

  test.for([
    ['F32', NaN],
    ['BF16', Infinity],
    ['F16', -Infinity],
    ['F64', NaN],
  ] as const)('%s: %s in an input is told, even where its share is zero', async ([dtype, value]) => {
    const names = method.models.maximum === 1 ? ['a'] : ['a', 'b', 'c'];
    for (const wrong of method.needsBase({}) ? [...names, 'base'] : names) {
      for (const name of [...names, 'base'])
        writeModelFolder(join(cwd, name), {
          x: vector([1, 2, name === wrong ? value : 3, 4], dtype),
          y: vector([1, 2, 3, 4], dtype),
        });
      const models = names.map(name => `{ model: ${name}${factor ? `, parameters: { ${factor}: 0 }` : ''} }`);
      const recipe = [
        `merge_method: ${method.name}`,
        ...(method.needsBase({}) ? ['base_model: base'] : []),
        `models: [${models.join(', ')}]`,
        `parameters: { ${numerics ? `numerics: ${numerics}, ` : ''}${factor === 'weight' ? 'normalize: false' : ''} }`,
      ].join('\n');
      await expect(merge(recipe), recipe).rejects.toMatchObject({
        code: 'MERGE_NON_FINITE',
        message: `NaN or infinity in x: 1 in ${wrong}`,
      });
    }
  });
});

test('a result that has become too large for its dtype is no fault of the inputs', async () => {
  for (const name of ['a', 'b']) writeModelFolder(join(cwd, name), { x: vector([1, 60_000], 'F16') });
  await merge('merge_method: linear\nmodels: [{ model: a }, { model: b }]\nparameters: { normalize: false }');
  const { bytes } = readTensors(readFileSync(join(cwd, 'out/model.safetensors'))).get('x') ?? {};
  expect(bytes).toEqual(encodeElements('F16', [2, Infinity]));
});
