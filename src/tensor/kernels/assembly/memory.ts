/** First byte of the memory that the arena may hand out: everything before holds static data. */
export function heapBase(): usize {
  return __heap_base;
}
