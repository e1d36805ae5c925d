import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { JsonValue } from '../../src/base/canonical-json.ts';
import { type Digest, parseDigest } from '../../src/base/ids.ts';
import { divergences } from '../../src/merge/divergence.ts';
import { METHODS } from '../../src/merge/methods/registry.ts';
import { completeParameters } from '../../src/merge/parameters.ts';
import { recipeOf } from '../../src/merge/recipe.ts';
import { openVectors } from '../../src/merge/vectors.ts';
import { openRepository } from '../../src/ops/repository.ts';
import type { StoreWriter } from '../../src/store/tensor-store.ts';
import { elementCount } from '../../src/tensor/dtype.ts';
import { arcCosine, cosine, exponential, logarithm, sine } from '../../src/tensor/elementary-functions.ts';
import { encodeElements } from '../testkit/float-elements.ts';
import { computingMethod, madeUpStatistics, mergeInMemory, methodTask } from '../testkit/merge-task.ts';
import { plainNumbers } from '../testkit/plain-numbers.ts';
import { runPython } from '../testkit/python.ts';
import { type RecipeCase, recipeCases } from '../testkit/recipe-cases.ts';
import { scene } from '../testkit/scene.ts';
import { listOf } from '../testkit/stores.ts';

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
  const statistics: Digest[] = [];
  for (const bytes of madeUpStatistics(method, merge.shape, merge.models.length) ?? [])
    statistics.push(await add(bytes));
  const base = method.needsBase(parameters) ? await add(merge.base as Uint8Array) : undefined;
  const result = await mergeInMemory({ ...merge, sliceElements: 65_536 });
  return {
    digest: parseDigest(createHash('sha256').update(result).digest('hex')),
    recipe: recipeOf({
      method,
      dtype: merge.dtype,
      shape: merge.shape,
      base,
      models,
      statistics,
      parameters,
    }),
  };
}

/** Results of the elementary functions, which most merges hide behind a rounding: by name, pairs of argument and value. */
function functionValues(): Readonly<Record<string, readonly (readonly [number, number])[]>> {
  const points = [-1, -0.7, -1e-9, 0, 1e-9, 0.3, 0.785, 1, 1.6, 3, 6, 25.5, 1000].flatMap(x => [
    x,
    x + 0.0123,
  ]);
  const at = (evaluate: (x: number) => number, wanted: (x: number) => boolean = () => true) =>
    points.filter(wanted).map(x => [x, evaluate(x)] as const);
  return {
    sine: at(sine),
    cosine: at(cosine),
    arc_cosine: at(arcCosine, x => x > -1 && x <= 1),
    exponential: at(
      x => exponential(-x),
      x => x >= 0,
    ),
    logarithm: at(logarithm, x => x > 0),
  };
}

/** Divergences of rows, of which a merge shows no more than which is larger: two rows of more than a block, three columns. */
async function rowDivergences() {
  return Promise.all(
    [
      [2, 4501],
      [40, 3],
    ].map(async shape => {
      const count = elementCount(shape);
      const rows = [1, 2].map(seed => plainNumbers(count, seed));
      const models = rows.map(values => encodeElements('F32', values));
      const task = methodTask({ method: 'arcee_fusion', dtype: 'F32', shape, models });
      using vectors = await openVectors(task, { isFromBase: false });
      return { shape, rows, divergences: await listOf(divergences(task, vectors)) };
    }),
  );
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
    JSON.stringify({ cases, methods, functions: functionValues(), rows: await rowDivergences() }),
  );
  expect(JSON.parse(runPython(CHECK, day.path, expected)) as JsonValue).toEqual({
    checked: cases.length,
    wrong: [],
  });
});
