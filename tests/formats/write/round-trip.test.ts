import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { memoryByteSource } from '../../../src/formats/byte-source.ts';
import { detectFormat } from '../../../src/formats/registry.ts';
import type { CheckpointWriter, TensorSpec } from '../../../src/formats/write/blueprint.ts';
import { WRITERS } from '../../../src/formats/write/registry.ts';
import { fileBytes } from '../../../src/formats/write/write-file.ts';
import { readArchive } from '../../../src/formats/zip/read-archive.ts';
import { byteLength, DTYPE_BITS, type Dtype, valuesPerBlock } from '../../../src/tensor/dtype.ts';
import { isDense } from '../../../src/tensor/view-span.ts';

const dataOf = (index: number, length: number): Buffer => Buffer.alloc(length, index + 1);

async function written(writer: CheckpointWriter, tensors: readonly TensorSpec[]): Promise<Buffer> {
  const blueprint = writer.layOut(tensors, {});
  const file = Buffer.alloc(blueprint.size, 0xee);
  const read = async function* (index: number): AsyncGenerator<Uint8Array> {
    const data = dataOf(index, blueprint.tensors[index]?.length ?? 0);
    yield data.subarray(0, 3);
    yield data.subarray(3);
  };
  let total = 0;
  for await (const { offset, bytes } of fileBytes(blueprint, read)) {
    file.set(bytes, offset);
    total += bytes.length;
  }
  expect(total).toBe(blueprint.size); // No byte twice, none left out.
  return file;
}

/** Tensors that a format can hold: rows of whole blocks. */
function tensorsFor(writer: CheckpointWriter): fc.Arbitrary<readonly TensorSpec[]> {
  const dtypes = (Object.keys(DTYPE_BITS) as Dtype[]).filter(writer.holds);
  const tensor = fc.record({
    name: fc.string({ unit: fc.constantFrom('a', '.', 'ü', '7', '/b'), minLength: 1, maxLength: 20 }),
    dtype: fc.constantFrom(...dtypes),
    shape: fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 4 }),
  });
  const list = fc.uniqueArray(tensor, { selector: ({ name }) => name, maxLength: 5, minLength: 1 });
  return list.map(tensors =>
    tensors.map(({ name, dtype, shape }) => ({
      name: `x${name}`,
      dtype,
      shape: [...shape.slice(0, -1), (shape.at(-1) ?? 0) * Math.max(4, valuesPerBlock(dtype))],
    })),
  );
}

test.each(WRITERS.filter(({ name }) => name !== 'npy'))(
  '$name: what is written is read again, with its names, dtypes, shapes and data',
  async writer => {
    await fc.assert(
      fc.asyncProperty(tensorsFor(writer), async tensors => {
        const file = await written(writer, tensors);
        const source = memoryByteSource(file);
        const format = await detectFormat(source);
        expect(format.name).toBe(writer.name);
        const found = new Map((await format.parse(source)).tensors.map(view => [view.name, view]));
        expect([...found.keys()].sort()).toEqual(tensors.map(({ name }) => name).sort());
        for (const [index, { name, dtype, shape }] of tensors.entries()) {
          const view = found.get(name);
          expect(view).toMatchObject({ dtype, shape, byteOrder: 'little' });
          expect(view && isDense(view)).toBe(true);
          const length = byteLength(dtype, shape);
          const offset = view?.offset ?? 0;
          expect(file.subarray(offset, offset + length).equals(dataOf(index, length))).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
  },
);

test('a single array is an npy file', async () => {
  const [writer] = WRITERS.filter(({ name }) => name === 'npy') as [CheckpointWriter];
  const file = await written(writer, [{ name: 'x', dtype: 'I64', shape: [2, 2] }]);
  const { tensors } = await (await detectFormat(memoryByteSource(file))).parse(memoryByteSource(file));
  expect(tensors).toEqual([{ name: 'arr_0', dtype: 'I64', shape: [2, 2], offset: 128, byteOrder: 'little' }]);
});

test.each(['npz', 'pytorch'])('%s: every file of the archive has the checksum of its bytes', async name => {
  const [writer] = WRITERS.filter(other => other.name === name) as [CheckpointWriter];
  const file = await written(writer, [
    { name: 'a', dtype: 'F32', shape: [3, 5] },
    { name: 'b', dtype: 'U8', shape: [0] },
  ]);
  for (const { offset, length, checksum } of (await readArchive(memoryByteSource(file))).values())
    expect(checksum).toBe(crc32(file.subarray(offset, offset + length)));
});

const refused = (format: string, tensors: readonly TensorSpec[], metadata = {}): string => {
  const writer = WRITERS.find(({ name }) => name === format) as CheckpointWriter;
  try {
    writer.layOut(tensors, metadata);
    return 'written';
  } catch (error) {
    return (error as Error).message;
  }
};
const f32 = (name: string, ...shape: number[]): TensorSpec => ({ name, dtype: 'F32', shape });

test('what a format cannot hold is refused by name', () => {
  expect([
    refused('npy', [f32('a', 1), f32('b', 1)]),
    refused('npz', [f32('../a', 1)]),
    refused('npz', [f32('a', 1)], { format: 'pt' }),
    refused('pytorch', [f32('a', 1)], { format: 'pt' }),
    refused('gguf', [f32('a')]),
    refused('gguf', [f32('a', 1, 1, 1, 1, 1)]),
    refused('gguf', [f32('long'.repeat(20), 1)]),
    refused('safetensors', [f32('__metadata__', 1)]),
  ]).toMatchInlineSnapshot(`
    [
      "not exactly possible as npy: a file holds one array, not 2",
      "not exactly possible as npz: "../a" cannot name a file of an archive",
      "not exactly possible as npz: it has no place for the metadata "format"",
      "not exactly possible as pytorch: a state_dict has no place for the metadata "format"",
      "not exactly possible as gguf: tensor "a" has 0 dimensions, and 1 to 4 are possible",
      "not exactly possible as gguf: tensor "a" has 5 dimensions, and 1 to 4 are possible",
      "not exactly possible as gguf: the name "longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglong" is longer than 63 bytes",
      "not exactly possible as safetensors: no tensor may be called __metadata__",
    ]
  `);
});
