import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeSafetensorsHeader } from '../../../src/formats/safetensors/write-header.ts';
import { compareModels } from '../../../src/train/weights/compare-models.ts';
import { temporaryDirectory, testPorts } from '../../testkit/world.ts';

function writeModel(
  path: string,
  weight: readonly number[],
  more: { readonly step?: number; readonly note?: string } = {},
): void {
  const header = writeSafetensorsHeader(
    [
      { name: 'weight', dtype: 'F32', shape: [weight.length] },
      { name: 'step', dtype: 'I64', shape: [] },
    ],
    { note: more.note ?? 'a' },
  );
  const file = Buffer.alloc(header.size);
  file.set(header.bytes);
  file.set(new Uint8Array(Float32Array.from(weight).buffer), header.bytes.length);
  file.writeBigInt64LE(BigInt(more.step ?? 1), header.size - 8);
  writeFileSync(path, file);
}

test('models compare tensor by tensor', async () => {
  await using home = await temporaryDirectory();
  const { fs } = testPorts(home.path);
  const [left, right] = [join(home.path, 'left'), join(home.path, 'right')];
  writeModel(right, [3, 4]);
  const compare = async (
    ...model: [readonly number[], { readonly step?: number; readonly note?: string }?]
  ) => {
    writeModel(left, ...model);
    return compareModels(fs, left, right);
  };
  expect(await compare([3, 4])).toEqual({
    identical: true,
    tensors: [
      { name: 'step', identical: true, relativeL2: 0 },
      { name: 'weight', identical: true, relativeL2: 0 },
    ],
  });
  expect((await compare([3, 4], { note: 'b' })).identical).toBe(false);
  const moved = await compare([3, 4.5]);
  expect(moved.tensors[1]).toEqual({ name: 'weight', identical: false, relativeL2: 0.1 });
  expect((await compare([3, 4], { step: 2 })).tensors[0]?.relativeL2).toBeUndefined();
  expect((await compare([3, 4, 5])).tensors[1]?.relativeL2).toBeUndefined();
});
