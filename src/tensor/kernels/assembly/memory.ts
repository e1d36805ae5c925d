/** First byte of the memory that the arena may hand out: everything before holds static data. */
export function heapBase(): usize {
  return __heap_base;
}

/** Copies `length` bytes within the memory; the two ranges may overlap. */
export function copyBytes(target: usize, source: usize, length: usize): void {
  memory.copy(target, source, length);
}
