import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { ComputingMethod } from '../../src/merge/method.ts';
import { METHODS } from '../../src/merge/methods/registry.ts';
import { keyOf } from '../../src/merge/task-vectors/seed.ts';
import { arcCosine, cosine, exponential, logarithm, sine } from '../../src/tensor/elementary-functions.ts';
import { drawAt } from '../../src/tensor/kernels/reference/sample.ts';
import { mergeInMemory } from '../testkit/merge-task.ts';

const page = readFileSync('docs/recipes.md', 'utf8');
const computing = METHODS.filter((method): method is ComputingMethod => method.kind === 'compute');

/** What stands below a heading, up to the next one. */
function paragraphOf(heading: string): string {
  const [, text = ''] = page.split(`### ${heading}\n`);
  return text.split(/^##/m)[0] ?? '';
}

test('docs/recipes.md says what each version of each method computes', () => {
  const documented = [...page.matchAll(/^### (`\w+` \d+)$/gm)].map(([, heading]) => heading);
  expect(documented).toEqual(
    expect.arrayContaining(computing.map(({ name, kernels }) => `\`${name}\` ${kernels}`)),
  );
});

test.each(computing)('docs/recipes.md tells the parameters of $name', ({ name, kernels, parameters }) => {
  const own = paragraphOf(`\`${name}\` ${kernels}`);
  const [, other] = /Parameters: as `(\w+)`/.exec(own) ?? [];
  const text = other ? own + paragraphOf(`\`${other}\` 1`) : own;
  for (const parameter of parameters) expect(text).toContain(`\`${parameter.name}\``);
});

test('docs/recipes.md does not point into the source', () => {
  expect(page).not.toContain('src/');
});

/** A 64-bit float in hexadecimal digits, the sign first. */
function bitsOf(value: number): string {
  return Buffer.from(Float64Array.of(value).buffer).reverse().toString('hex');
}

const FUNCTIONS: Readonly<Record<string, (x: number) => number>> = {
  sin: sine,
  cos: cosine,
  arccos: arcCosine,
  exp: exponential,
  ln: logarithm,
};

test('docs/recipes.md has values of every elementary function', () => {
  const rows = [...page.matchAll(/^\| (\w+)\((\S+)\) \| `([0-9a-f]{16})` \|$/gm)];
  expect(rows.map(([, name]) => name).sort()).toEqual(Object.keys(FUNCTIONS).sort());
  for (const [, name = '', argument, bits] of rows)
    expect(bitsOf(FUNCTIONS[name]?.(Number(argument)) ?? 0)).toBe(bits);
});

test('docs/recipes.md has random bits', () => {
  const bits = [0, 1, 2, 3].map(element =>
    drawAt(keyOf({ seed: 7 }, 1), element)
      .toString(16)
      .padStart(8, '0'),
  );
  expect(page).toContain(bits.map(text => `\`${text}\``).join(', '));
});

test('the example of docs/recipes.md is what mgit computes', async () => {
  const [, text = ''] = /```example\n([\s\S]*?)```/.exec(page) ?? [];
  const { inputs, models, base, values, result, ...merge } = JSON.parse(text);
  const bytesOf = (position: number): Buffer => Buffer.from(inputs[position], 'hex');
  const computed = mergeInMemory({
    ...merge,
    base: bytesOf(base),
    models: models.map(bytesOf),
    parameters: values,
  });
  expect(Buffer.from(await computed).toString('hex')).toBe(result);
});
