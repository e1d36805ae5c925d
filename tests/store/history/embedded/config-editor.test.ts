import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MgitError } from '../../../../src/base/errors.ts';
import { editConfig } from '../../../../src/store/history/embedded/config-editor.ts';
import { parseConfig } from '../../../../src/store/history/embedded/config-parser.ts';

const values = (text: string, key: string) =>
  parseConfig(text, 'config')
    .filter(item => item.kind === 'variable' && item.key === key)
    .map(({ value }) => value);

test('any value and subsection survive writing and reading, beside what was there', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 30 }).filter(found => !/[\0\r]/.test(found));
  const name = text.filter(found => !found.includes('\n'));
  const before = '# first\n[user]\n\tname = Alpha ; who\n[a "b"] x = 1\n';
  fc.assert(
    fc.property(text, name, (value, subsection) => {
      const key = `section.${subsection}.key`;
      const once = editConfig(before, 'config', { key, written: key, value: 'other' });
      const after = editConfig(once, 'config', { key, written: key, value });
      expect(values(after, key)).toEqual([value]);
      expect(values(after, 'user.name')).toEqual(['Alpha']);
      expect(values(after, 'a.b.x')).toEqual(['1']);
      expect(after).toContain('# first\n');
      expect(values(editConfig(after, 'config', { key, written: key, value: null }), key)).toEqual([]);
    }),
  );
});

test('reading any text ends in items or in an error that names the line', () => {
  const piece = fc.constantFrom(
    '[',
    ']',
    '"',
    '\\',
    '\n',
    '=',
    ' ',
    '\t',
    'a',
    'B',
    '#',
    ';',
    '.',
    '-',
    '\r',
    'é',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), pieces => {
      try {
        parseConfig(pieces.join(''), 'config');
      } catch (error) {
        expect(error).toBeInstanceOf(MgitError);
        expect((error as MgitError).message).toMatch(/^line \d+ of config/);
      }
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ['[a]\nb = "open', 2],
  ['[a]\n\n b = \\x', 3],
  ['b = 1', 1],
  ['[a\nb = 1', 1],
])('%j is refused, at line %i', (text, line) => {
  expect(() => parseConfig(text, 'config')).toThrow(`line ${line} of config`);
});
