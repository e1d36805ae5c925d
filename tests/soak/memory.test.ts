import { expect, test } from 'vitest';
import { peaksOfDay } from '../testkit/soak/peak-memory.ts';
import { soakSetting } from '../testkit/soak/soak-setting.ts';
import { temporaryDirectory } from '../testkit/world.ts';

const MIB = 1024 * 1024;
const LIMIT_MIB = 512;
/** What a tensor of a big model has a multiple of. */
const TENSOR_UNIT = 8192;
const modelMib = soakSetting('MGIT_SOAK_MODEL_MIB', 3072);

test.for([
  { name: 'one tensor', tensors: 1 },
  { name: 'some hundred tensors', tensors: 384 },
  { name: 'a hundred thousand tensors', tensors: 98_304 },
])('a model of %s needs a bounded memory, whatever is done with it', async ({ tensors }) => {
  await using home = await temporaryDirectory();
  const tensorBytes = Math.floor((modelMib * MIB) / tensors / TENSOR_UNIT) * TENSOR_UNIT;
  const peaks = await peaksOfDay(home.path, { tensors, tensorBytes });
  console.table(peaks);
  expect(peaks.filter(({ mebibytes }) => mebibytes >= LIMIT_MIB)).toEqual([]);
});
