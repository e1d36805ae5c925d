import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nodeFileSystem } from '../../../src/base/ports/node-file-system.ts';
import { METHODS } from '../../../src/merge/methods/registry.ts';
import { openInput } from '../../../src/merge/model-files/open-input.ts';
import { jobOf } from '../../../src/merge/model-files/tensor-job.ts';
import { planModel } from '../../../src/merge/model-plan/plan-model.ts';
import type { PlannedTensor } from '../../../src/merge/model-plan/planned-tensor.ts';
import { outputFile } from '../../../src/merge/output/file-layout.ts';
import { openJobPool } from '../../../src/merge/output/job-pool.ts';
import { writeFile } from '../../../src/merge/output/write-file.ts';
import { type MergeRecipe, modelsOf } from '../../../src/merge/recipe-file/merge-recipe.ts';
import { readMergeRecipe } from '../../../src/merge/recipe-file/read-merge-recipe.ts';
import { writeModelFolder } from '../../testkit/model-folder.ts';

const fs = nodeFileSystem();
const RECIPE = readMergeRecipe('merge_method: linear\nmodels: [{ model: a }, { model: b }]', 'r.yaml');

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'mgit-pool-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

interface PoolMerge {
  readonly file: string;
  /** What the pool thinks it has to merge. */
  readonly bytes: number;
  readonly recipe?: MergeRecipe;
  /** Another order of the tensors. */
  readonly order?: (plan: readonly PlannedTensor[]) => readonly PlannedTensor[];
}

/** The digests of what a pool makes of models, by tensor. */
async function mergeIn({ file, bytes, recipe = RECIPE, order = plan => plan }: PoolMerge) {
  const opened = await Promise.all(modelsOf(recipe).map(name => openInput(fs, cwd, name)));
  try {
    const models = new Map(opened.map(input => [input.name, input]));
    const plan = order(planModel({ recipe, models, vocabulary: undefined, missing: 'refuse' }));
    const jobs = plan.map(planned => ({
      name: planned.name,
      dtype: planned.dtype,
      shape: planned.shape,
      job: jobOf(planned, models),
    }));
    await using pool = openJobPool({ fs, parallelism: 3, bytes });
    const digests = await writeFile(outputFile(jobs, file), join(cwd, file), { fs, pool });
    return new Map(plan.map(({ name }, at) => [name, digests[at]]));
  } finally {
    for (const input of opened) await input[Symbol.asyncDispose]();
  }
}

/** Merges `a` and `b` in a pool that thinks it has this many bytes to merge. */
async function merge(file: string, bytes: number): Promise<readonly (string | undefined)[]> {
  return [...(await mergeIn({ file, bytes })).values()];
}

test('one thread and several give the same bytes and digests', async () => {
  for (const [seed, name] of ['a', 'b'].entries()) {
    const tensor = (offset: number) => ({
      shape: [1000],
      values: Array.from({ length: 1000 }, (_, i) => Math.sin(seed + offset + i)),
    });
    writeModelFolder(
      join(cwd, name),
      Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`t${i}`, tensor(i)])),
    );
  }
  const alone = await merge('alone', 0);
  const together = await merge('together', 1 << 30);
  expect(together).toEqual(alone);
  expect(new Set(alone).size).toBe(12);
  expect(Buffer.compare(readFileSync(join(cwd, 'together')), readFileSync(join(cwd, 'alone')))).toBe(0);
});

test('every method gives the same bits in one thread and in several, in any order of the tensors', async () => {
  // Of two models and their base; where the base is the first model, it would be one too many.
  const methods = METHODS.filter(
    method =>
      method.kind === 'compute' &&
      !method.statistics &&
      method.baseRole !== 'first' &&
      method.models.minimum <= 2 &&
      method.models.maximum >= 2,
  );
  for (const [seed, name] of ['base', 'a', 'b'].entries()) {
    const values = Array.from({ length: 600 }, (_, i) => Math.sin(7 * seed + i * 1.7));
    writeModelFolder(
      join(cwd, name),
      Object.fromEntries(methods.map(method => [method.name, { shape: [20, 30], values }])),
    );
  }
  const rules = methods.map(({ name }) => `{ match: ${name}, method: ${name} }`).join(', ');
  const recipe = readMergeRecipe(`version: 1\nbase: base\nmodels: [a, b]\nrules: [${rules}]`, 'r.yaml');
  const alone = await mergeIn({ file: 'alone', bytes: 0, recipe });
  expect(alone.size).toBeGreaterThan(20);
  const orders = [
    plan => plan,
    plan => plan.toReversed(),
    plan => plan.toSorted(byDigest),
  ] as const satisfies PoolMerge['order'][];
  for (const [at, order] of orders.entries()) {
    const together = await mergeIn({ file: `together-${at}`, bytes: 1 << 30, recipe, order });
    expect(Object.fromEntries(together)).toEqual(Object.fromEntries(alone));
  }
});

/** Some order that has nothing to do with names. */
function byDigest(left: PlannedTensor, right: PlannedTensor): number {
  const digestOf = ({ name }: PlannedTensor): string => createHash('sha256').update(name).digest('hex');
  return digestOf(left) < digestOf(right) ? -1 : 1;
}

test('what a thread refuses arrives with its code and hint', async () => {
  for (const name of ['a', 'b'])
    writeModelFolder(join(cwd, name), { x: { shape: [2], values: [1, Number.NaN] } });
  await expect(merge('refused', 1 << 30)).rejects.toMatchObject({
    code: 'MERGE_NON_FINITE',
    message: 'NaN or infinity in x: 1 in a, 1 in b',
    hint: expect.stringContaining('-X take:x=ours'),
  });
});

test('what the system refuses arrives as the system said it', async () => {
  await using pool = openJobPool({ fs, parallelism: 1, bytes: 1 << 30 });
  const work = { kind: 'copy' } as const;
  const job = { name: 'x', shape: [1], dtype: 'F32', computeDtype: 'F32', inputs: [], work } as const;
  const path = join(cwd, 'absent');
  await expect(pool.run({ job, path, offset: 0 })).rejects.toMatchObject({
    code: 'ENOENT',
    syscall: 'open',
    path,
  });
});

test('an input that is gone is told of, not waited for', async () => {
  for (const name of ['a', 'b']) writeModelFolder(join(cwd, name), { x: { shape: [2], values: [1, 2] } });
  writeFileSync(
    join(cwd, 'b/model.safetensors'),
    readFileSync(join(cwd, 'b/model.safetensors')).subarray(0, -4),
  );
  await expect(merge('refused', 1 << 30)).rejects.toMatchObject({ code: 'SAFETENSORS_TRUNCATED' });
});
