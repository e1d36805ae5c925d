import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { nodePorts } from '../../../src/cli/context.ts';
import { METHODS } from '../../../src/merge/methods/registry.ts';
import { mergeToFolder } from '../../../src/ops/merge-folder/merge-folder.ts';
import { readTensors } from '../../testkit/read-tensors.ts';
import { sharedData } from '../../testkit/shared-data.ts';

/** A case of the golden vectors: what mergekit made of random inputs (see their README). */
interface GoldenCase {
  readonly id: string;
  readonly method: string;
  readonly dtype: string;
  readonly models: readonly string[];
  readonly base: string | null;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly tensors: readonly string[];
  readonly outputFile: string;
  readonly exact: boolean;
  readonly exactWithLaneOrder?: boolean;
}

const path = (file: string): string => sharedData('../golden/merge', file);
const all: readonly GoldenCase[] = JSON.parse(readFileSync(path('cases.json'), 'utf8'));
const registered = METHODS.map(({ name }) => name);
const cases = all.filter(
  ({ method, exact, exactWithLaneOrder }) => registered.includes(method) && (exact || exactWithLaneOrder),
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

test('the golden vectors hold exact cases of the averaging methods', () => {
  expect(new Set(cases.map(({ method }) => method))).toContain('linear');
  expect(new Set(cases.map(({ method }) => method))).toContain('task_arithmetic');
});

describe.each(cases)('$id', golden => {
  test("a mergekit recipe with mergekit's numerics gives mergekit's bits", async () => {
    const recipe = join(folder, `${golden.id}.yaml`);
    writeFileSync(recipe, recipeOf(golden));
    const out = join(folder, `${golden.id}.safetensors`);
    await mergeToFolder(nodePorts(), { cwd: folder, recipe, out, given: ['numerics=mergekit'] });
    const merged = readTensors(readFileSync(out));
    const expected = readTensors(readFileSync(path(golden.outputFile)));
    for (const name of golden.tensors)
      expect(
        Buffer.compare(merged.get(name)?.bytes as Uint8Array, expected.get(name)?.bytes as Uint8Array),
        name,
      ).toBe(0);
  });
});
