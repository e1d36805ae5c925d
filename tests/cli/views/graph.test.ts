import { expect, test } from 'vitest';
import { graphDrawer } from '../../../src/cli/views/graph.ts';

/** Draws commits given as `id: parents`, newest first. */
function drawing(...commits: readonly string[]): string {
  const draw = graphDrawer();
  const lines = commits.flatMap(text => {
    const [id = '', parents = ''] = text.split(':');
    return draw({ id, parents: parents.split(' ').filter(parent => parent !== ''), lines: [id] });
  });
  return `\n${lines.join('\n')}\n`;
}

test('a line', () => {
  expect(drawing('c: b', 'b: a', 'a:')).toMatchInlineSnapshot(`
    "
    * c
    * b
    * a
    "
  `);
});

test('a merge of two branches', () => {
  expect(drawing('m: b c', 'b: a', 'c: a', 'a:')).toMatchInlineSnapshot(`
    "
    * m
    |\\
    * | b
    | * c
    |/
    * a
    "
  `);
});

test('an octopus', () => {
  expect(drawing('m: b c d', 'b: a', 'c: a', 'd: a', 'a:')).toMatchInlineSnapshot(`
    "
    * m
    |\\
    | |\\
    * | | b
    | * | c
    | | * d
    | |_/
    |/
    * a
    "
  `);
});

test('two merges that cross', () => {
  expect(drawing('y: m n', 'm: b c', 'n: c b', 'b: a', 'c: a', 'a:')).toMatchInlineSnapshot(`
    "
    * y
    |\\
    * | m
    |\\ \\
    | | * n
    |/|_|
    * | | b
    | |/
    | * c
    |/
    * a
    "
  `);
});

test('two roots', () => {
  expect(drawing('m: b z', 'b:', 'z:')).toMatchInlineSnapshot(`
    "
    * m
    |\\
    * | b
     /
    * z
    "
  `);
});

test('a branch beside another', () => {
  expect(drawing('x: a', 'y: b', 'b: a', 'a:')).toMatchInlineSnapshot(`
    "
    * x
    | * y
    | * b
    |/
    * a
    "
  `);
});
