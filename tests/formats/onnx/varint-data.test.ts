import fc from 'fast-check';
import { expect, test } from 'vitest';
import { memoryByteSource } from '../../../src/formats/byte-source.ts';
import { varintElements } from '../../../src/formats/onnx/varint-data.ts';
import type { Dtype } from '../../../src/tensor/dtype.ts';

/** As protobuf writes a signed number of any width: as 64 bits. */
function varint(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return [...bytes, Number(rest)];
}

async function decode(bytes: Uint8Array, dtype: Dtype, count: number): Promise<Buffer> {
  const range = { offset: 0, length: bytes.length };
  const parts: Uint8Array[] = [];
  for await (const part of varintElements(memoryByteSource(bytes), { dtype, shape: [count], range }))
    parts.push(part);
  return Buffer.concat(parts);
}

test('numbers of any length, across windows', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { maxLength: 50 }),
      async some => {
        const values = Array.from({ length: 400 }, () => some).flat();
        const wanted = Buffer.from(BigInt64Array.from(values).buffer);
        expect(await decode(Uint8Array.from(values.flatMap(varint)), 'I64', values.length)).toEqual(wanted);
      },
    ),
    { numRuns: 20 },
  );
});

test('negative numbers of few bits keep their lower ones', async () => {
  const bytes = Uint8Array.from([-1n, -128n, 127n].flatMap(varint));
  expect([...new Int8Array(await decode(bytes, 'I8', 3))]).toEqual([-1, -128, 127]);
});

test('too few numbers, too many, and one that does not end', async () => {
  const invalid = expect.objectContaining({ code: 'ONNX_INVALID' });
  await expect(decode(Uint8Array.of(1, 2), 'I32', 3)).rejects.toEqual(invalid);
  await expect(decode(Uint8Array.of(1, 2), 'I32', 1)).rejects.toEqual(invalid);
  await expect(decode(Uint8Array.of(1, 0x80), 'I32', 2)).rejects.toEqual(invalid);
  await expect(decode(new Uint8Array(20).fill(0x80), 'I32', 2)).rejects.toEqual(invalid);
});
