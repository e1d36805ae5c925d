import { globSync, readFileSync } from 'node:fs';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { expect, test } from 'vitest';
import { conversionOf } from '../../src/tensor/conversion.ts';
import { bitsOf, type Dtype } from '../../src/tensor/dtype.ts';
import type { Kernels } from '../../src/tensor/kernels/kernels.ts';
import { convert } from '../testkit/kernel-call.ts';
import { sharedData } from '../testkit/shared-data.ts';

/** ONNX's numbers of the element types that both know. Source: onnx.proto, TensorProto.DataType. */
const ONNX_DTYPES: Readonly<Record<number, Dtype>> = {
  1: 'F32',
  10: 'F16',
  11: 'F64',
  16: 'BF16',
  17: 'F8_E4M3',
  18: 'F8_E4M3FNUZ',
  19: 'F8_E5M2',
  20: 'F8_E5M2FNUZ',
  24: 'F8_E8M0',
};

interface OnnxTensor {
  readonly dtype: Dtype;
  readonly data: Uint8Array;
  readonly count: number;
}

/** Reads fields 2 (data_type) and 9 (raw_data) of a TensorProto. */
function readTensor(path: string): OnnxTensor {
  const reader = new BinaryReader(readFileSync(path));
  let dtype: Dtype | undefined;
  let data = new Uint8Array();
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 2) dtype = ONNX_DTYPES[reader.int32()];
    else if (field === 9) data = Uint8Array.from(reader.bytes());
    else reader.skip(wireType, field);
  }
  if (!dtype) throw new Error(`${path} holds elements of another type`);
  return { dtype, data, count: (data.length * 8) / bitsOf(dtype) };
}

/** Elements as F32. */
async function widened({ dtype, data, count }: OnnxTensor): Promise<Float32Array> {
  const pick = (kernels: Kernels) =>
    dtype === 'F64' ? kernels.exports.f64ToF32 : conversionOf(dtype, kernels).widen;
  return new Float32Array(await convert(pick, data, { count, resultBytes: count * 4 }));
}

async function narrowed(floats: Float32Array, dtype: Dtype): Promise<Uint8Array> {
  const count = floats.length;
  const pick = (kernels: Kernels) => {
    const narrow = dtype === 'F64' ? kernels.exports.f32ToF64 : conversionOf(dtype, kernels).narrow;
    if (!narrow) throw new Error(`${dtype} is never rounded to`);
    return narrow;
  };
  return new Uint8Array(await convert(pick, floats, { count, resultBytes: (count * bitsOf(dtype)) / 8 }));
}

const FLOATS = '(?:FLOAT|DOUBLE|FLOAT16|BFLOAT16|FLOAT8E[45]M[23](?:FN)?(?:UZ)?)';
/** mgit never clamps to the largest F8, so of the casts to F8 only those that do not either. */
const isOurs = (name: string): boolean =>
  new RegExp(
    `^test_cast_(?:no_saturate_${FLOATS}_to_FLOAT8.*|${FLOATS}_to_(?:FLOAT|DOUBLE|FLOAT16|BFLOAT16)|e8m0_FLOAT8E8M0_to_.*)$`,
  ).test(name);

const names = globSync('test_cast_*', { cwd: sharedData('numeric-onnx-cast') })
  .filter(isOurs)
  .sort();

test('the vectors are there', () => expect(names.length).toBeGreaterThan(25));

test.each(names)('%s', async name => {
  const folder = sharedData('numeric-onnx-cast', name, 'test_data_set_0');
  const output = readTensor(`${folder}/output_0.pb`);
  const result = await narrowed(await widened(readTensor(`${folder}/input_0.pb`)), output.dtype);
  const nanFree = async (data: Uint8Array) => {
    const floats = await widened({ ...output, data });
    const size = bitsOf(output.dtype) / 8;
    return [...floats].map((float, index) =>
      Number.isNaN(float) ? 'NaN' : Buffer.from(data).toString('hex', index * size, (index + 1) * size),
    );
  };
  expect(await nanFree(result)).toEqual(await nanFree(output.data));
});
