import { expect, test } from 'vitest';
import { loadKernels } from '../../../src/tensor/kernels/kernels.ts';

test('a thread loads its kernels once', async () => {
  expect(await loadKernels()).toBe(await loadKernels());
});

test('regions are aligned, disjoint and keep their bytes while the memory grows', async () => {
  const kernels = await loadKernels();
  using first = kernels.borrow(1000);
  first.bytes.fill(7);
  using second = kernels.borrow(5_000_000);
  second.bytes.fill(9);
  expect(first.pointer % 16).toBe(0);
  expect(second.pointer % 16).toBe(0);
  expect(first.bytes).toEqual(new Uint8Array(1000).fill(7));
});

test('a region that was given back is handed out again and refuses its old holder', async () => {
  const kernels = await loadKernels();
  const first = kernels.borrow(123_456);
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  using second = kernels.borrow(130_000);
  using third = kernels.borrow(130_000);
  expect(second.pointer).toBe(first.pointer);
  expect(third.pointer).not.toBe(first.pointer);
  expect(() => first.bytes).toThrow('given back');
});

test('more memory than there is is refused with a code', async () => {
  const kernels = await loadKernels();
  expect(() => kernels.borrow(2 ** 33)).toThrow(expect.objectContaining({ code: 'KERNEL_MEMORY' }));
});
