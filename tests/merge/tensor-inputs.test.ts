import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type InputSource, openInputs } from '../../src/merge/tensor-inputs.ts';

const LENGTH = 9 * 1024 * 1024 + 7;
const CHUNK = 4 * 1024 * 1024;
const versions = [31, 37, 41].map(factor => Uint8Array.from({ length: LENGTH }, (_, i) => (i * factor) >> 3));

/** Sources that count how often they are asked, and use the memory they are given. */
function sourcesOf(): { readonly sources: readonly InputSource[]; readonly fetched: number[] } {
  const fetched: number[] = [];
  const sources = versions.map(
    (bytes): InputSource => ({
      dtype: 'U8',
      length: LENGTH,
      fetch: async (offset, target) => {
        fetched.push(offset);
        target.set(bytes.subarray(offset, offset + target.length));
        return target;
      },
    }),
  );
  return { sources, fetched };
}

function partOf(version: number, offset: number, count: number): Uint8Array {
  return (versions[version] ?? new Uint8Array()).subarray(offset, offset + count);
}

test('reads of any place and length give the sources', async () => {
  const place = fc.tuple(fc.nat(LENGTH), fc.nat(6 * 1024 * 1024));
  await fc.assert(
    fc.asyncProperty(fc.array(place, { maxLength: 5 }), async places => {
      using opened = openInputs(sourcesOf().sources);
      for (const [offset, wanted] of places) {
        const count = Math.min(wanted, LENGTH - offset);
        for (const [at, { read }] of opened.inputs.entries())
          expect(Buffer.compare(await read(offset, count), partOf(at, offset, count))).toBe(0);
      }
    }),
    { numRuns: 10 },
  );
});

test('inputs read side by side in slices that cross borders are fetched once and looked at once, in order', async () => {
  const { sources, fetched } = sourcesOf();
  const seen: Uint8Array[][] = versions.map(() => []);
  using opened = openInputs(sources, {
    look: chunks => {
      for (const [at, chunk] of chunks.entries()) seen[at]?.push(chunk.slice());
    },
  });
  const read: Uint8Array[][] = versions.map(() => []);
  const end = LENGTH - CHUNK / 2; // The last chunk is read in part only.
  for (let at = 0; at < end; at += 1_000_003) {
    const slices = await Promise.all(
      opened.inputs.map(input => input.read(at, Math.min(1_000_003, end - at))),
    );
    for (const [input, slice] of slices.entries()) read[input]?.push(slice.slice());
  }
  await opened.finish();
  for (const [at, bytes] of versions.entries()) {
    expect(Buffer.compare(Buffer.concat(read[at] ?? []), bytes.subarray(0, end))).toBe(0);
    expect(Buffer.compare(Buffer.concat(seen[at] ?? []), bytes)).toBe(0);
  }
  expect(fetched).toEqual([0, CHUNK, 2 * CHUNK].flatMap(offset => versions.map(() => offset)));
});

test('further passes fetch again only what is not kept', async () => {
  const { sources, fetched } = sourcesOf();
  using opened = openInputs(sources, { keptBytes: 2 * versions.length * CHUNK });
  for (let pass = 0; pass < 3; pass++)
    for (let at = 0; at < LENGTH; at += CHUNK) {
      const count = Math.min(CHUNK, LENGTH - at);
      for (const [version, { read }] of opened.inputs.entries())
        expect(Buffer.compare(await read(at, count), partOf(version, at, count))).toBe(0);
    }
  expect(fetched.filter(offset => offset < 2 * CHUNK)).toHaveLength(2 * versions.length);
});

test('what was not read in order is looked at in the end', async () => {
  const seen: number[] = [];
  using opened = openInputs(sourcesOf().sources, {
    look: ([chunk]) => void seen.push(chunk?.length ?? 0),
  });
  await opened.inputs[0]?.read(CHUNK, 10);
  await opened.inputs[0]?.read(2 * CHUNK, 10);
  expect(seen).toEqual([]);
  await opened.finish();
  expect(seen).toEqual([CHUNK, CHUNK, LENGTH - 2 * CHUNK]);
});

test('an input that ends early is damaged', async () => {
  const source: InputSource = { dtype: 'U8', length: 100, fetch: async () => new Uint8Array(10) };
  using opened = openInputs([source]);
  await expect(opened.inputs[0]?.read(0, 20)).rejects.toMatchObject({ code: 'EXTENT_CORRUPT' });
  await expect(opened.inputs[0]?.read(90, 20)).rejects.toMatchObject({ code: 'EXTENT_CORRUPT' });
});
