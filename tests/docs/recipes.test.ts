import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { ComputingMethod } from '../../src/merge/method.ts';
import { METHODS } from '../../src/merge/methods/registry.ts';

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
