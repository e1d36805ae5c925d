import { parseSafetensorsMetadata } from '@huggingface/hub';
import fc from 'fast-check';
import { SafeTensor } from 'safetensors';
import { expect, test } from 'vitest';
import { memoryByteSource } from '../../../src/formats/byte-source.ts';
import { SAFETENSORS_DTYPES } from '../../../src/formats/safetensors/dtypes.ts';
import { safetensors } from '../../../src/formats/safetensors/format.ts';
import { readSafetensorsHeader } from '../../../src/formats/safetensors/read-header.ts';
import { writeSafetensorsHeader } from '../../../src/formats/safetensors/write-header.ts';
import { byteLength } from '../../../src/tensor/dtype.ts';
import { safetensorsFile } from '../../testkit/safetensors-file.ts';

const dtypes = [...SAFETENSORS_DTYPES].filter(dtype => !dtype.startsWith('F4') && !dtype.startsWith('F6'));
const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
const names = words.filter(name => !['__proto__', '__metadata__'].includes(name) && !/^\d+$/.test(name));
const metadata = fc.dictionary(
  words.filter(key => key !== '__proto__'),
  words,
  { maxKeys: 3 },
);
const tensor = fc
  .record({
    name: names,
    dtype: fc.constantFrom(...dtypes),
    shape: fc.array(fc.nat(4), { maxLength: 3 }),
    fill: fc.nat(255),
  })
  .map(({ fill, ...spec }) => ({
    ...spec,
    data: new Uint8Array(byteLength(spec.dtype, spec.shape)).fill(fill),
  }));
const tensors = fc.uniqueArray(tensor, { selector: item => item.name, maxLength: 6 });

/** A server that holds one file and answers ranges. */
function serving(bytes: Uint8Array): typeof fetch {
  return async (_url, init) => {
    const range = /bytes=(\d+)-(\d+)/.exec(new Headers(init?.headers).get('range') ?? '');
    const [start, end] = range
      ? [Number(range[1]), Math.min(Number(range[2]) + 1, bytes.length)]
      : [0, bytes.length];
    const headers = {
      'content-range': `bytes ${start}-${end - 1}/${bytes.length}`,
      'content-length': String(end - start),
      etag: '"0"',
    };
    return new Response(Buffer.from(bytes.subarray(start, end)), { status: range ? 206 : 200, headers });
  };
}

test('what is written is read back', async () => {
  await fc.assert(
    fc.asyncProperty(tensors, metadata, async (specs, pairs) => {
      const bytes = safetensorsFile(specs, pairs);
      const source = memoryByteSource(bytes);
      const header = await readSafetensorsHeader(source);
      expect(Object.fromEntries(header.metadata)).toEqual(pairs);
      expect(header.tensors.map(({ name, dtype, shape }) => ({ name, dtype, shape }))).toEqual(
        specs.map(({ name, dtype, shape }) => ({ name, dtype, shape })),
      );
      expect(header.dataOffset % 8).toBe(0);
      const layout = await safetensors.parse(source);
      const placed = writeSafetensorsHeader(specs, pairs);
      expect(placed.size).toBe(bytes.length);
      for (const { name, offset, length } of placed.tensors) {
        expect(layout.tensors.find(view => view.name === name)?.offset).toBe(offset);
        expect(bytes.subarray(offset, offset + length)).toEqual(specs.find(spec => spec.name === name)?.data);
      }
    }),
  );
});

test('the npm package safetensors reads the same tensors', () => {
  fc.assert(
    fc.property(tensors, specs => {
      const reader = new SafeTensor(safetensorsFile(specs));
      for (const { name, dtype, shape, data } of specs) {
        expect(reader.metadata.get(name)).toMatchObject({ dtype, shape });
        expect(reader.getTensor(name)).toEqual(data);
      }
    }),
  );
});

test("the hub's reader reads the same header", async () => {
  await fc.assert(
    fc.asyncProperty(
      tensors.filter(specs => specs.length > 0),
      async specs => {
        const bytes = safetensorsFile(specs);
        const found = await parseSafetensorsMetadata({
          repo: 'a/b',
          path: 'model.safetensors',
          fetch: serving(bytes),
        });
        if (found.sharded) throw new Error('the file was taken for an index');
        for (const { name, dtype, shape } of specs)
          expect(found.header[name]).toMatchObject({ dtype, shape });
      },
    ),
    { numRuns: 30 },
  );
});

test('the same input gives the same bytes, in the form that other writers give them', () => {
  const { bytes } = writeSafetensorsHeader([{ name: 'w', dtype: 'F32', shape: [2, 3] }], { b: '2', a: '1' });
  expect(Buffer.from(bytes.subarray(8)).toString()).toMatchInlineSnapshot(
    `"{"__metadata__":{"a":"1","b":"2"},"w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}      "`,
  );
});

test.each(['__metadata__', '\ud800'])('%j cannot name a tensor', name => {
  expect(() => writeSafetensorsHeader([{ name, dtype: 'U8', shape: [1] }])).toThrow(
    expect.objectContaining({ code: 'SAFETENSORS_NAME_INVALID' }),
  );
});

test('two tensors of one name are refused', () => {
  const spec = { name: 'a', dtype: 'U8', shape: [1] } as const;
  expect(() => writeSafetensorsHeader([spec, spec])).toThrow(/unique/);
});
