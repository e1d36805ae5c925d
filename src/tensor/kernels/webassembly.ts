/**
 * The part of the WebAssembly API that mgit uses. TypeScript declares it only together with everything else that a browser
 * has, which this program must not see.
 */
declare global {
  namespace WebAssembly {
    interface Memory {
      readonly buffer: ArrayBuffer;
      /** Throws a RangeError beyond the maximum. */
      grow(pages: number): number;
    }
    interface Instance {
      readonly exports: Readonly<Record<string, unknown>>;
    }
    function instantiate(
      bytes: Uint8Array,
      imports: Record<string, never>,
    ): Promise<{ readonly instance: Instance }>;
  }
}

export type WasmMemory = WebAssembly.Memory;
