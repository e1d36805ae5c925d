import fc from 'fast-check';
import { expect, test } from 'vitest';
import { memoryByteSource } from '../../../src/formats/byte-source.ts';
import type { ByteSource } from '../../../src/formats/checkpoint.ts';
import { safetensors } from '../../../src/formats/safetensors/format.ts';
import type { Manifest } from '../../../src/store/manifest/manifest.ts';
import { f32, safetensorsFile } from '../../testkit/safetensors-file.ts';
import { modelFile, testStore } from '../../testkit/stores.ts';

const tensor = (name: string, ...values: number[]) => ({
  name,
  dtype: 'F32' as const,
  shape: [values.length],
  data: f32(...values),
});

await using home = await testStore();
const { store } = home;

const hashed = async (source: ByteSource): Promise<Manifest> =>
  store.hashFile(source, await safetensors.parse(source));

test('a file of the same header has the manifest that reading the header gives, whatever its data', async () => {
  const name = fc.constantFrom('z', 'a b', 'ä', 'w.1', 'w.10', '%', 'm');
  const content = fc.record({ name, values: fc.array(fc.integer({ min: -9, max: 9 }), { maxLength: 5 }) });
  const model = fc.uniqueArray(content, { selector: each => each.name, minLength: 1 });
  await fc.assert(
    fc.asyncProperty(model, fc.nat(2), async (contents, step) => {
      const file = (change: number) =>
        memoryByteSource(
          safetensorsFile(
            contents.map(({ name, values }, at) =>
              tensor(name, ...values.map(value => value + (at % 2 === 0 ? change : 0))),
            ),
          ),
        );
      const former = await hashed(file(0));
      const again = await store.hashAgain(file(step), former);
      expect(Buffer.from(again?.text ?? []).toString()).toBe(
        Buffer.from((await hashed(file(step))).text).toString(),
      );
    }),
    { numRuns: 60 },
  );
});

test('a file of another header or size, or of a format whose layout is also told elsewhere, must be read', async () => {
  const former = await hashed(memoryByteSource(safetensorsFile([tensor('a', 1), tensor('b', 2)])));
  const others = [
    safetensorsFile([tensor('a', 1), tensor('c', 2)]),
    safetensorsFile([tensor('a', 1), tensor('b', 2, 3)]),
    safetensorsFile([tensor('a', 1), tensor('b', 2)]).subarray(0, -1),
    new Uint8Array(former.size),
  ];
  for (const bytes of others) expect(await store.hashAgain(memoryByteSource(bytes), former)).toBeUndefined();
  const { bytes, layout } = modelFile([tensor('a', 1)]);
  const foreign = await store.hashFile(memoryByteSource(bytes), layout);
  expect(await store.hashAgain(memoryByteSource(bytes), foreign)).toBeUndefined();
});

test('a file that changes while it is hashed is an error', async () => {
  const bytes = safetensorsFile([tensor('a', 1)]);
  const former = await hashed(memoryByteSource(bytes));
  const source: ByteSource = {
    ...memoryByteSource(bytes),
    checkUnchanged: async () => {
      throw new Error('changed');
    },
  };
  await expect(store.hashAgain(source, former)).rejects.toThrow('changed');
});
