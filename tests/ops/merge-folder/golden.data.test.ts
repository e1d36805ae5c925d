import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { nodePorts } from '../../../src/cli/context.ts';
import { METHODS } from '../../../src/merge/methods/registry.ts';
import { mergeToFolder } from '../../../src/ops/merge-folder/merge-folder.ts';
import { decodeElements } from '../../testkit/float-elements.ts';
import { type GoldenCase, goldenCases, ulp } from '../../testkit/golden/golden-merges.ts';
import { readTensors } from '../../testkit/read-tensors.ts';
import { sharedData } from '../../testkit/shared-data.ts';

const path = (file: string): string => sharedData('../golden/merge', file);
const registered = METHODS.map(({ name }) => name);
/** What draws random masks cannot be compared; ours are drawn otherwise. */
const cases = goldenCases().filter(
  ({ method, masksFile }) => registered.includes(method) && masksFile === undefined,
);

/** The case as somebody would write it for mergekit. */
function recipeOf({ method, models, base, parameters, dtype }: GoldenCase): string {
  const file = (model: string): string => path(`inputs/${dtype}/${model}.safetensors`);
  const isPerModel = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null;
  const entries = Object.entries(parameters);
  const given = (model: string) =>
    entries.flatMap(([name, value]) =>
      isPerModel(value) && value[model] !== null ? [[name, value[model]]] : [],
    );
  return stringify({
    merge_method: method,
    ...(base === null ? {} : { base_model: file(base) }),
    models: models.map(model => ({ model: file(model), parameters: Object.fromEntries(given(model)) })),
    parameters: Object.fromEntries(entries.filter(([, value]) => !isPerModel(value))),
  });
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mgit-golden-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Elements beyond four times mergekit's difference to exact arithmetic, and four ulp of the dtype of the models, which ours has. Where mergekit divides zero by zero, we need not. */
function beyond(
  golden: GoldenCase,
  name: string,
  [bytes, wanted]: readonly [Uint8Array, Uint8Array],
): readonly number[] {
  const values = decodeElements(golden.dtype, bytes);
  const allowed = 4 * (golden.perTensor[name]?.maxAbsDiff ?? 0);
  return decodeElements(golden.outputDtype, wanted).flatMap((value, i) => {
    const difference = Math.abs((values[i] ?? Number.NaN) - value);
    const isClose = difference <= Math.max(allowed, 4 * ulp(golden.dtype, value));
    return isClose || (Number.isNaN(value) && Number.isFinite(values[i])) ? [] : [i];
  });
}

test('the golden vectors hold cases of the averaging methods', () => {
  const methods = new Set(cases.map(({ method }) => method));
  for (const method of ['linear', 'task_arithmetic', 'slerp', 'passthrough'])
    expect(methods).toContain(method);
});

describe.each(cases)('$id', golden => {
  const isExact = golden.exact || golden.exactWithLaneOrder === true;

  test(`a mergekit recipe with mergekit's numerics gives ${isExact ? "mergekit's bits" : 'the same within the tolerance'}`, async () => {
    const recipe = join(folder, `${golden.id}.yaml`);
    writeFileSync(recipe, recipeOf(golden));
    const out = join(folder, `${golden.id}.safetensors`);
    await mergeToFolder(nodePorts(), { cwd: folder, recipe, out, given: ['numerics=mergekit'] });
    const [merged, expected] = [out, path(golden.outputFile)].map(file => readTensors(readFileSync(file)));
    for (const name of golden.tensors) {
      const [bytes, wanted] = [merged, expected].map(tensors => tensors?.get(name)?.bytes as Uint8Array);
      if (isExact) expect(Buffer.compare(bytes as Uint8Array, wanted as Uint8Array), name).toBe(0);
      else expect(beyond(golden, name, [bytes as Uint8Array, wanted as Uint8Array]), name).toEqual([]);
    }
  });
});
