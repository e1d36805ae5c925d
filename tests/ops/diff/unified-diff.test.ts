import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unifiedDiff } from '../../../src/ops/diff/unified-diff.ts';
import { temporaryDirectory } from '../../testkit/world.ts';

const numbered = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `line ${index + 1}\n`);

test('equal texts have no hunk', () => {
  expect(unifiedDiff('a\nb\n', 'a\nb\n')).toBe('');
});

test('a change stands in three lines of context; near ones share a hunk', () => {
  const before = numbered(30);
  const after = [...before];
  after[4] = 'five\n';
  after.splice(10, 1);
  after[27] = 'twenty-nine';
  expect(unifiedDiff(before.join(''), after.slice(0, 28).join(''))).toMatchInlineSnapshot(`
    "@@ -2,13 +2,12 @@
     line 2
     line 3
     line 4
    -line 5
    +five
     line 6
     line 7
     line 8
     line 9
     line 10
    -line 11
     line 12
     line 13
     line 14
    @@ -26,5 +25,4 @@
     line 26
     line 27
     line 28
    -line 29
    -line 30
    +twenty-nine
    \\ No newline at end of file
    "
  `);
});

test('an empty side is named by the line before it', () => {
  expect(unifiedDiff('', 'a\n')).toBe('@@ -0,0 +1 @@\n+a\n');
  expect(unifiedDiff('a', '')).toBe('@@ -1 +0,0 @@\n-a\n\\ No newline at end of file\n');
});

test('git applies what is written', async () => {
  await using folder = await temporaryDirectory();
  const line = fc.constantFrom('a\n', 'b\n', 'c\n', 'd\n');
  const text = fc
    .tuple(fc.array(line, { minLength: 1, maxLength: 30 }), fc.constantFrom('', 'end'))
    .map(([lines, end]) => lines.join('') + end);
  fc.assert(
    fc.property(text, text, (before, after) => {
      if (before === after) return;
      writeFileSync(join(folder.path, 'f'), before);
      const patch = `--- a/f\n+++ b/f\n${unifiedDiff(before, after)}`;
      execFileSync('git', ['apply', '-'], { cwd: folder.path, input: patch });
      expect(execFileSync('cat', ['f'], { cwd: folder.path, encoding: 'utf8' })).toBe(after);
    }),
    { numRuns: 30 },
  );
});
