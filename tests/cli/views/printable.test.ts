import { expect, test } from 'vitest';
import { label, printable } from '../../../src/cli/views/printable.ts';

test('what would steer a terminal is shown, colours and line feeds stay', () => {
  expect(printable('a\u001b[2J\u001b]0;title\u0007b')).toBe('a\\x1b[2J\\x1b]0;title\\x07b');
  expect(printable('\u001b[31mred\u001b[39m\n\tend')).toBe('\u001b[31mred\u001b[39m\n\tend');
  expect(printable('model\u202egpj.exe\r')).toBe('model\\u202egpj.exe\\x0d');
});

test('a name is one line of bounded length, whatever is in it', () => {
  expect(label('two\nlines\u001b[31m')).toBe('two\\x0alines\\x1b[31m');
  expect(label('')).toBe("''");
  expect(label('ünï.weight')).toBe('ünï.weight');
  expect(label('x'.repeat(5000))).toHaveLength(81);
});
