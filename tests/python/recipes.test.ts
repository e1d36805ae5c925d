import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { JsonValue } from '../../src/base/canonical-json.ts';
import { type Digest, parseDigest } from '../../src/base/ids.ts';
import { METHODS } from '../../src/merge/methods/registry.ts';
import { completeParameters } from '../../src/merge/parameters.ts';
import { recipeOf } from '../../src/merge/recipe.ts';
import { openRepository } from '../../src/ops/repository.ts';
import type { StoreWriter } from '../../src/store/tensor-store.ts';
import { computingMethod, mergeInMemory } from '../testkit/merge-task.ts';
import { runPython } from '../testkit/python.ts';
import { type RecipeCase, recipeCases } from '../testkit/recipe-cases.ts';
import { scene } from '../testkit/scene.ts';

const CHECK = join(import.meta.dirname, 'check_recipes.py');

/** A merged tensor, and the recipe that a second reader recomputes it from. */
interface Merged {
  readonly digest: Digest;
  readonly recipe: ReturnType<typeof recipeOf>;
}

async function merged(writer: StoreWriter, merge: RecipeCase): Promise<Merged> {
  const method = computingMethod(merge.method);
  const parameters = completeParameters(method, merge.parameters ?? {}, merge.models.length);
  const add = (bytes: Uint8Array): Promise<Digest> => writer.addExtent([bytes], bytes.length);
  const models: Digest[] = [];
  for (const model of merge.models) models.push(await add(model));
  const base = method.needsBase(parameters) ? await add(merge.base as Uint8Array) : undefined;
  const result = await mergeInMemory({ ...merge, sliceElements: 65_536 });
  return {
    digest: parseDigest(createHash('sha256').update(result).digest('hex')),
    recipe: recipeOf({ method, dtype: merge.dtype, shape: merge.shape, base, models, parameters }),
  };
}

test('a second reader, written from docs/recipes.md, recomputes every method bit for bit', async () => {
  await using day = await scene();
  await using repository = await openRepository(day.ports, day.path);
  const inputs = repository.store.writer();
  const cases: Merged[] = [];
  for (const merge of recipeCases()) cases.push(await merged(inputs, merge));
  await inputs.finish();
  const recipes = repository.store.writer();
  for (const { digest, recipe } of cases) await recipes.addRecipe(digest, recipe);
  await recipes.finish();
  const methods = METHODS.flatMap(method => (method.kind === 'compute' ? [method] : []));
  const expected = join(day.path, 'expected.json');
  await writeFile(
    expected,
    JSON.stringify({ cases, methods } satisfies { cases: Merged[]; methods: unknown }),
  );
  expect(JSON.parse(runPython(CHECK, day.path, expected)) as JsonValue).toEqual({
    checked: cases.length,
    wrong: [],
  });
});
