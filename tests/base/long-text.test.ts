import { expect, test, vi } from 'vitest';
import { beforeLongText, expectText } from '../../src/base/long-text.ts';

test('the first long text is announced, once', () => {
  const respond = vi.fn();
  beforeLongText(respond);
  expectText(1024 * 1024 - 1);
  expect(respond).not.toHaveBeenCalled();
  expectText(1024 * 1024);
  expectText(100_000_000);
  expect(respond).toHaveBeenCalledTimes(1);
});
