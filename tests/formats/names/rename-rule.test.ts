import { expect, test } from 'vitest';
import { parseRenameRule, renamer } from '../../../src/formats/names/rename-rule.ts';

const rename = (name: string, ...rules: string[]): string => renamer(rules.map(parseRenameRule))(name);

test('a rule renames what it matches as a whole, and leaves the rest alone', () => {
  expect(rename('module.fc.weight', 'module.*=*')).toBe('fc.weight');
  expect(rename('a.module.fc', 'module.*=*')).toBe('a.module.fc');
  expect(rename('module.', 'module.*=*')).toBe('module.');
  expect(rename('gamma', 'gamma=weight')).toBe('weight');
  expect(rename('ln.gamma', 'gamma=weight')).toBe('ln.gamma');
});

test('stars take the shortest run, in their order, and may be left out', () => {
  expect(rename('enc.3.attn.q.weight', 'enc.*.attn.*.weight=blk.*.attn_*.weight')).toBe(
    'blk.3.attn_q.weight',
  );
  expect(rename('a.b.c.d', '*.*=*/*')).toBe('a/b.c.d');
  expect(rename('a.b', '*.*=x.*')).toBe('x.a');
  expect(rename('aXbXb', '*X*b=*')).toBe('a');
});

test('rules follow each other', () => {
  expect(rename('state_dict.module.x', 'state_dict.*=*', 'module.*=net.*')).toBe('net.x');
});

test('a hostile name costs no more than its length', () => {
  const name = 'a.'.repeat(500_000);
  expect(rename(name, '*.a.*.a.*.a.*.b=*')).toBe(name);
});

test('what makes no sense is refused', () => {
  expect(() => rename('x', 'a*=**')).toThrow(expect.objectContaining({ code: 'RENAME_INVALID' }));
  expect(() => rename('x', 'a')).toThrow(expect.objectContaining({ code: 'USAGE' }));
});
