import { expect, test } from 'vitest';
import { growingBytes, growingDoubles, growingIntegers } from '../../src/base/growing-columns.ts';

test('numbers come back, however many', () => {
  const [doubles, integers] = [growingDoubles(), growingIntegers()];
  for (let at = 0; at < 5000; at++) {
    doubles.push(at + 2 ** 50);
    integers.push(at);
  }
  expect([...doubles.values()]).toEqual(Array.from({ length: 5000 }, (_, at) => at + 2 ** 50));
  expect([integers.length, integers.at(4999), integers.values().length]).toEqual([5000, 4999, 5000]);
});

test('bytes and texts follow each other, whatever was expected', () => {
  for (const expected of [1, 1000, 100_000]) {
    const bytes = growingBytes(expected);
    for (let at = 0; at < 3000; at++) {
      bytes.appendText('größe');
      bytes.append(Uint8Array.of(0, at % 256));
    }
    const written = Buffer.concat(
      Array.from({ length: 3000 }, (_, at) => [Buffer.from('größe'), Buffer.of(0, at % 256)]).flat(),
    );
    expect(bytes.buffer.subarray(0, bytes.length).equals(written)).toBe(true);
  }
});
