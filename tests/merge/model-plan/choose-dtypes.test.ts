import { expect, test } from 'vitest';
import { chooseDtypes, commonDtype } from '../../../src/merge/model-plan/choose-dtypes.ts';

const wishes = { dtype: undefined, outDtype: undefined, base: undefined } as const;

test('the common dtype holds all values of the others', () => {
  expect(commonDtype(['BF16', 'BF16'])).toBe('BF16');
  expect(commonDtype(['BF16', 'F16'])).toBe('F32');
  expect(commonDtype(['F16', 'F8_E5M2'])).toBe('F16');
  expect(commonDtype(['F8_E4M3', 'F8_E5M2'])).toBe('BF16');
  expect(commonDtype(['F32', 'F64', 'BF16'])).toBe('F64');
});

test('by default inputs are widened, never rounded, and the result is rounded once', () => {
  const own = { ...wishes, numerics: 'mgit' } as const;
  expect(chooseDtypes(['BF16', 'F32'], own)).toEqual({ compute: 'F32', output: 'F32' });
  expect(chooseDtypes(['F32', 'F32'], { ...own, dtype: 'BF16' })).toEqual({ compute: 'F32', output: 'BF16' });
  expect(chooseDtypes(['BF16', 'BF16'], { ...own, outDtype: 'F32' })).toEqual({
    compute: 'F32',
    output: 'F32',
  });
});

test("mergekit's numerics convert the inputs to dtype, or to the base's, first", () => {
  const theirs = { ...wishes, numerics: 'mergekit' } as const;
  expect(chooseDtypes(['F32', 'F32'], { ...theirs, dtype: 'BF16', outDtype: 'F16' })).toEqual({
    compute: 'BF16',
    output: 'F16',
  });
  expect(chooseDtypes(['F32', 'BF16'], { ...theirs, base: 'BF16' })).toEqual({
    compute: 'BF16',
    output: 'BF16',
  });
});
