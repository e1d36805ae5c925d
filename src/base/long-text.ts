/** Text of which so many small objects may be made that how the heap grows matters: the manifest of some 8,000 tensors. */
const LONG_TEXT_BYTES = 1024 * 1024;

let prepare: (() => void) | undefined;

/** Has `respond` called once, before the first long text is read. Only for a program that owns its process: a library leaves V8 as it is. */
export function beforeLongText(respond: () => void): void {
  prepare = respond;
}

/** Says that text of so many bytes is about to be read. */
export function expectText(bytes: number): void {
  if (bytes < LONG_TEXT_BYTES) return;
  prepare?.();
  prepare = undefined;
}
