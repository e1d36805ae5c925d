/** Bytes that arrive in pieces and are read in exact lengths or lines. */
export class ByteQueue {
  /** Asks the source for more; called whenever a reader has to wait. */
  readonly #ask: () => void;
  #chunks: Buffer[] = [];
  #length = 0;
  #ended = false;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(ask: () => void = () => {}) {
    this.#ask = ask;
  }

  /** Bytes that wait for a reader. */
  get length(): number {
    return this.#length;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    this.#notify();
  }

  end(): void {
    this.#ended = true;
    this.#notify();
  }

  fail(error: Error): void {
    this.#failure ??= error;
    this.#notify();
  }

  /** Exactly `length` bytes; rejects when the source fails or ends before. */
  async read(length: number): Promise<Uint8Array> {
    while (this.#length < length) await this.#more();
    return this.#take(length);
  }

  /** The next line without its line feed, or undefined at the end. */
  async readLine(): Promise<string | undefined> {
    for (;;) {
      const at = this.#indexOfLineFeed();
      if (at >= 0) return this.#take(at + 1).toString('utf8', 0, at);
      if (this.#ended) return this.#length === 0 ? undefined : this.#take(this.#length).toString('utf8');
      await this.#more();
    }
  }

  #indexOfLineFeed(): number {
    let offset = 0;
    for (const chunk of this.#chunks) {
      const at = chunk.indexOf(10);
      if (at >= 0) return offset + at;
      offset += chunk.length;
    }
    return -1;
  }

  #take(length: number): Buffer {
    const parts: Buffer[] = [];
    let missing = length;
    while (missing > 0) {
      const first = this.#chunks[0] as Buffer;
      if (first.length <= missing) this.#chunks.shift();
      else this.#chunks[0] = first.subarray(missing);
      parts.push(first.subarray(0, missing));
      missing -= Math.min(first.length, missing);
    }
    this.#length -= length;
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  }

  async #more(): Promise<void> {
    if (this.#failure) throw this.#failure;
    if (this.#ended) throw new Error('the program ended in the middle of an answer');
    this.#ask();
    await new Promise<void>(resolve => (this.#wake = resolve));
  }

  #notify(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
