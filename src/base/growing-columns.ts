import { freeMemory } from './free-memory.ts';

/** Numbers outside the heap of JavaScript, as many as come. */
export interface GrowingColumn<Values extends Float64Array | Uint32Array> {
  readonly length: number;
  push(value: number): void;
  at(position: number): number;
  /** All of them; only until the next one comes. */
  values(): Values;
}

const FIRST_LENGTH = 1024;

/** An empty column of doubles. */
export function growingDoubles(): GrowingColumn<Float64Array> {
  return growingColumn(length => new Float64Array(length));
}

/** An empty column of 32-bit integers without sign. */
export function growingIntegers(): GrowingColumn<Uint32Array> {
  return growingColumn(length => new Uint32Array(length));
}

function growingColumn<Values extends Float64Array | Uint32Array>(
  make: (length: number) => Values,
): GrowingColumn<Values> {
  let column = make(FIRST_LENGTH);
  let length = 0;
  return {
    get length() {
      return length;
    },
    push: value => {
      if (length === column.length) {
        const larger = make(length * 2);
        larger.set(column);
        column = larger;
      }
      column[length++] = value;
    },
    at: position => column[position] as number,
    values: () => column.subarray(0, length) as Values,
  };
}

/** Bytes that grow at their end. */
export interface GrowingBytes {
  readonly length: number;
  /** Where they are, with room behind them; only until more come. */
  readonly buffer: Buffer;
  append(bytes: Uint8Array): void;
  /** As UTF-8. */
  appendText(text: string): void;
}

/** No bytes. With about as many `expected` as come, none are copied; room that is not used takes no memory. */
export function growingBytes(expected = FIRST_LENGTH): GrowingBytes {
  let buffer = Buffer.allocUnsafeSlow(expected);
  let length = 0;
  const makeRoom = (most: number): void => {
    if (length + most <= buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(length + most, buffer.length * 2));
    larger.set(buffer.subarray(0, length));
    freeMemory(buffer);
    buffer = larger;
  };
  return {
    get length() {
      return length;
    },
    get buffer() {
      return buffer;
    },
    append: bytes => {
      makeRoom(bytes.length);
      buffer.set(bytes, length);
      length += bytes.length;
    },
    appendText: text => {
      makeRoom(text.length * 3); // No UTF-16 code unit takes more.
      length += buffer.write(text, length);
    },
  };
}
