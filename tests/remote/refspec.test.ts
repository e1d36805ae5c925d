import { expect, test } from 'vitest';
import { mapRef, parseRefspec } from '../../src/remote/refspec.ts';

const branches = [parseRefspec('+refs/heads/*:refs/remotes/origin/*'), parseRefspec('^refs/heads/tmp/*')];

test('a pattern maps what its star stands for', () => {
  expect(mapRef('refs/heads/a/b', branches)).toEqual({ destination: 'refs/remotes/origin/a/b', force: true });
  expect(mapRef('refs/tags/v1', branches)).toBeUndefined();
});

test('a negative refspec excludes', () => {
  expect(mapRef('refs/heads/tmp/x', branches)).toBeUndefined();
});

test('a star in the middle needs both sides', () => {
  const specs = [parseRefspec('refs/heads/a*z:refs/x/*')];
  expect(mapRef('refs/heads/abcz', specs)?.destination).toBe('refs/x/bc');
  expect(mapRef('refs/heads/az', specs)?.destination).toBe('refs/x/');
  expect(mapRef('refs/heads/a', specs)).toBeUndefined();
});

test('a name with special characters is taken as it is', () => {
  expect(mapRef('refs/heads/$&', branches)?.destination).toBe('refs/remotes/origin/$&');
});

test.each(['', 'a:b:c', '*:x', 'a*b*:c*d*', 'x:*'])('%j is refused', text => {
  expect(() => parseRefspec(text)).toThrow(expect.objectContaining({ code: 'REFSPEC_INVALID' }));
});
